"""The door of the gateway: who calls, with what proof, how often, how much. It knows hospitals, not bills."""
