"""The platform's own shapes on the feeds: from a message with `infno` and `setlinfo` to events of our contract."""
