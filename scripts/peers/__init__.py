"""Our program and our networks beside others': scripts/bench_peers.py."""
