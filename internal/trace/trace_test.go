package trace

import (
	"strings"
	"testing"
)

func TestFromEnvironment(t *testing.T) {
	for _, test := range []struct{ env, want string }{
		{"", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", "http://collector:4318/v1/traces"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=https://collector/otlp/", "https://collector/otlp/v1/traces"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector:4318/mine", "http://collector:4318/mine"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://a/mine OTEL_EXPORTER_OTLP_ENDPOINT=http://b", "http://a/mine"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "http://a/v1/traces"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "error: OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318", "error: the OTLP endpoint must be"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a OTEL_SDK_DISABLED=TRUE", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a OTEL_TRACES_EXPORTER=none", ""},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", ""},
	} {
		env := map[string]string{}
		for word := range strings.FieldsSeq(test.env) {
			name, value, _ := strings.Cut(word, "=")
			env[name] = value
		}
		config, err := FromEnvironment(func(name string) string { return env[name] })
		got := config.Endpoint
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != test.want && (err == nil || !strings.HasPrefix(got, test.want)) {
			t.Errorf("%s: %s, want %s", test.env, got, test.want)
		}
	}
}

func TestOff(t *testing.T) {
	if tracer, err := Start(t.Context(), Config{}, nil); tracer != nil || err != nil {
		t.Errorf("Start of nothing = %v, %v", tracer, err)
	}
}
