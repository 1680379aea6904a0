// Package trace sends traces to a collector of OpenTelemetry: a span for each request, for
// each commit that a request waits for, and for each attempt of the deliveries that it
// caused, in one trace, however much later and in whichever process the attempt is made.
//
// The trace of a request goes with its events ([Tracer.Parent] is what bellhop.Event.Trace
// holds), an attempt continues it ([Tracer.Begin]), and the receiver hears of it in the
// header traceparent. In a span are ids, the name of the event, routes and statuses; no
// URL, header or body.
//
// There is a Tracer only if the environment names a collector. Without one nothing of this
// runs.
package trace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says where traces go. The zero Config is that of a server that sends none.
type Config struct {
	Endpoint string // URL that takes them, by OTLP over HTTP
}

// FromEnvironment reads the variables that OpenTelemetry has for this. Those for headers,
// certificates, timeouts, sampling and the name of the service are read by its own library.
func FromEnvironment(getenv func(string) string) (Config, error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none" {
		return Config{}, nil
	}
	endpoint := getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if base := getenv("OTEL_EXPORTER_OTLP_ENDPOINT"); endpoint == "" && base != "" {
		endpoint = strings.TrimSuffix(base, "/") + "/v1/traces"
	}
	if endpoint == "" {
		return Config{}, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if protocol := getenv(name); protocol != "" && protocol != "http/protobuf" {
			return Config{}, fmt.Errorf("%s must be http/protobuf, not %q", name, protocol)
		}
	}
	if !strings.HasPrefix(endpoint, "http://") && !strings.HasPrefix(endpoint, "https://") {
		return Config{}, errors.New("the OTLP endpoint must be an http or https URL")
	}
	return Config{Endpoint: endpoint}, nil
}

// Tracer makes spans. It is safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Start returns a tracer that sends to the endpoint of config, or nil if there is none. The
// caller closes it.
func Start(ctx context.Context, config Config, log *slog.Logger) (*Tracer, error) {
	if config.Endpoint == "" {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(config.Endpoint))
	if err != nil {
		return nil, fmt.Errorf("start tracing: %w", err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attribute.String("service.name", "bellhop")), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("start tracing: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithResource(about), sdk.WithBatcher(logging{exporter, log}))
	return &Tracer{provider: provider, tracer: provider.Tracer("bellhop")}, nil
}

// Close sends what is left.
func (t *Tracer) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// Parent returns the traceparent of the span in ctx, "" if there is none.
func (t *Tracer) Parent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// Continue returns a context in which a trace goes on that Parent was asked about before.
func (t *Tracer) Continue(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}

// logging tells our log of what the collector does not take. The library would tell a
// log of its own.
type logging struct {
	sdk.SpanExporter
	log *slog.Logger
}

func (l logging) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := l.SpanExporter.ExportSpans(ctx, spans); err != nil {
		l.log.WarnContext(ctx, "traces are lost", "spans", len(spans), "err", err)
	}
	return nil
}
