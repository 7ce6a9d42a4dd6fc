"""The HTTP contract of the hospital window: what is asked, what is answered, and every problem with its sentence."""
