"""kube-proxy: does it live, does it keep up, and is it there at all."""
