"""Spark: an archive that outgrows one machine is built by a cluster, into the rows of one machine."""
