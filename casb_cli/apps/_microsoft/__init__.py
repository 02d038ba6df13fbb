"""What the apps of Microsoft share: signing in for each audience, clouds, paging, batches, what answers mean."""
