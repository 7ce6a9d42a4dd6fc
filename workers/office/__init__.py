"""Office orders (经办决定) and the tasks that wait for them."""
