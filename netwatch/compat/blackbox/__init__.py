"""blackbox_exporter: its configuration file, its `/probe`, its series; see docs/blackbox.md."""
