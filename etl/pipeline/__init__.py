"""Pipeline: one function a task, for Airflow and for the command line."""
