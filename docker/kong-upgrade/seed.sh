# What X serves, made through its Admin API before anything is frozen.
admin=http://kong-x:8001

put() {
    curl --silent --show-error --fail --output /dev/null --request PUT "$admin/$1" \
        --header 'Content-Type: application/json' --data "$2"
}

put services/tiny '{"host": "service", "port": 9000, "path": "/"}'
for name in api keyed; do
    put "routes/$name" "{\"paths\": [\"/$name\"], \"service\": {\"name\": \"tiny\"}}"
done
put routes/keyed/plugins/6f1a9c1e-5d0b-4c6e-9a53-2f0b8f0d7a11 '{"name": "key-auth"}'
put consumers/alice '{"username": "alice"}'
put consumers/alice/key-auth/secret '{}'
