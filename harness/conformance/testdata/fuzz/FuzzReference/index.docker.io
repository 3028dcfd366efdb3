go test fuzz v1
string("index.docker.io/nginx")
string("")
uint(39)
