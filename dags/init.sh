#!/bin/sh
# What a deployment needs once, and after every upgrade: Airflow's tables, the pools, the store's tables, the password.
set -eu
airflow db migrate
airflow pools import dags/pools.json
wirecopy store upgrade
umask 077
python -c 'import json, os; print(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))' \
    >"$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
