"""What an error of the Kafka client means for who holds a partition: fenced, unknown, or never."""

from __future__ import annotations

from aiokafka import errors

from workers.cluster import ClusterLike
from workers.cluster_refusal import why_refused
from workers.errors import Retry, Stop
from workers.log.port import CommitUnknown, Fenced


class InvalidRecordError(errors.BrokerResponseError):  # type: ignore[misc]
    """INVALID_RECORD, which this client does not know: the topic's rules refuse a record, say one without a key."""

    errno = 87
    message = "INVALID_RECORD"


# The broker will say the same to every later attempt: somebody has to change a right, a topic or the code.
_NEVER: tuple[type[Exception], ...] = (
    errors.TopicAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.TransactionalIdAuthorizationFailed,
    errors.GroupAuthorizationFailedError,
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    errors.InvalidTopicError,
    errors.InvalidTimestampError,
    errors.PolicyViolationError,
    errors.UnsupportedForMessageFormatError,
    InvalidRecordError,
    errors.InvalidTransactionTimeout,
    errors.UnsupportedVersionError,
    errors.IncompatibleBrokerVersion,
)
# Passing faults of the network or the cluster: whether the records arrived is not known here.
_UNKNOWN: tuple[type[Exception], ...] = (errors.KafkaTimeoutError, errors.ProducerClosed, OSError)


def root(error: BaseException) -> BaseException:
    """aiokafka wraps what it did not expect in a bare KafkaError; the reason is its cause."""
    while type(error) is errors.KafkaError and error.__cause__ is not None:
        error = error.__cause__
    return error


def not_reached(error: BaseException, who: str) -> Retry:
    """Where nothing of the cluster answered; the client's own log line names address and reason."""
    return Retry(
        f"{who}: no broker answers ({type(root(error)).__name__}); is Kafka running where TUODI_BOOTSTRAP says, "
        "and does the access fit (docs/kafka-access.md)?"
    )


async def no_way_in(error: BaseException, who: str, cluster: ClusterLike) -> Retry:
    """As `not_reached`, but asks once more why: a refused login or certificate names the setting to look at.

    It stays a passing fault: passwords are renewed, and a broker that starts may not know its users yet.
    """
    refused = await why_refused(cluster)
    return not_reached(error, who) if refused is None else Retry(f"{who}: {refused} (docs/kafka-access.md)")


def produce_error(error: BaseException, where: str) -> Exception:
    """The error of our tree for a failed append, flush or commit; everything not listed counts as fenced."""
    cause = root(error)
    name = type(cause).__name__
    if isinstance(cause, _NEVER):
        return Stop(f"{where}: the broker refuses with {name}; check the rights and limits of the topic")
    if isinstance(cause, _UNKNOWN) or getattr(cause, "retriable", False):
        return CommitUnknown(f"{where}: {name}; init again and read the log")
    return Fenced(f"{where}: {name}")
