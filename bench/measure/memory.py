"""Memory of a process, for the benchmarks."""


def anonymous(process_id):
    """The memory that no file stands behind, in bytes; 0 for a process that has ended."""
    try:
        with open(f"/proc/{process_id}/status") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
