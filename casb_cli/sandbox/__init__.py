"""One invented company behind simulated providers, for `casb demo`, `casb sandbox` and the tests."""
