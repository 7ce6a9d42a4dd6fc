"""What we publish: closed objects. A new optional field is a new release; a removed or retyped one is a new version."""
