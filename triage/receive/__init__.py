"""Storage and Verification SCP: who may speak, what is accepted, what is answered."""
