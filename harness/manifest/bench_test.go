package manifest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	sigs "sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

const deploymentHead = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels:
    app.kubernetes.io/name: web
    app.kubernetes.io/version: "1.4.2"
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: web
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web
    spec:
      serviceAccountName: web
      containers:
`

const deploymentContainer = `        - name: app%d
          image: registry.example.com/shop/app%d:1.4.2
          imagePullPolicy: IfNotPresent
          args: ["--port=8080", "--verbose"]
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
          env:
            - name: LOG_LEVEL
              value: info
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits:
              cpu: "1"
              memory: 512Mi
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            initialDelaySeconds: 5
            periodSeconds: 10
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
`

func deployment(containers int) []byte {
	var b strings.Builder
	b.WriteString(deploymentHead)
	for i := range containers {
		fmt.Fprintf(&b, deploymentContainer, i, i)
	}
	return []byte(b.String())
}

var value ast.Value

func BenchmarkRead(b *testing.B) {
	text := deployment(3)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		documents, problems := (&manifest.Reader{}).Read("web.yaml", bytes.NewReader(text))
		if len(problems) > 0 {
			b.Fatal(problems[0])
		}
		value = documents[0].Value
	}
}

func BenchmarkReadJSON(b *testing.B) {
	text, err := sigs.YAMLToJSON(deployment(3))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		documents, problems := (&manifest.Reader{}).Read("web.json", bytes.NewReader(text))
		if len(problems) > 0 {
			b.Fatal(problems[0])
		}
		value = documents[0].Value
	}
}

// BenchmarkSigs is what reading costs without this package, lines and several documents left aside.
func BenchmarkSigs(b *testing.B) {
	text := deployment(3)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var object any
		if err := sigs.Unmarshal(text, &object); err != nil {
			b.Fatal(err)
		}
		v, err := ast.InterfaceToValue(object)
		if err != nil {
			b.Fatal(err)
		}
		value = v
	}
}
