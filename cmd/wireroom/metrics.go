package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
)

// A meter counts what the program does, for Prometheus. Names and units are
// those of its conventions (https://prometheus.io/docs/practices/naming/).
type meter struct {
	registry *prometheus.Registry
	polls    *prometheus.CounterVec
	duration prometheus.Histogram
	items    *prometheus.CounterVec
	filed    *prometheus.CounterVec
	reloads  *prometheus.CounterVec
	reloaded prometheus.Gauge
	requests *prometheus.CounterVec
}

func newMeter(p *program) *meter {
	m := &meter{
		registry: prometheus.NewRegistry(),
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wireroom_polls_total", Help: "Polls of sources, by outcome."}, []string{"outcome"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "wireroom_poll_duration_seconds", Help: "Time from asking a source to having stored its answer.",
			Buckets: prometheus.ExponentialBuckets(0.01, 3, 9)}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wireroom_items_total", Help: "Items stored, by whether they were new or changed."}, []string{"kind"}),
		filed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wireroom_items_filed_total", Help: "Items and revisions that this process put into stories, by how they came to theirs."}, []string{"kind"}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wireroom_config_reloads_total", Help: "Changes of the configuration, by whether they were applied."}, []string{"result"}),
		reloaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "wireroom_config_last_reload_successful", Help: "1 if the configuration on disk is the one in force."}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wireroom_http_requests_total", Help: "Requests of readers, by status code."}, []string{"code"}),
	}
	m.reloaded.Set(1)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "wireroom_build_info", Help: "Always 1; the version is the label.",
		ConstLabels: prometheus.Labels{"version": version()}})
	build.Set(1)
	m.begin()
	m.registry.MustRegister(m.polls, m.duration, m.items, m.filed, m.reloads, m.reloaded, m.requests, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &stateCollector{p})
	return m
}

// begin makes every series that is known beforehand, so that the first count is
// seen as an increase.
func (m *meter) begin() {
	for _, outcome := range news.Outcomes() {
		m.polls.WithLabelValues(string(outcome))
	}
	for _, kind := range []string{"new", "changed"} {
		m.items.WithLabelValues(kind)
	}
	for _, kind := range []news.Kind{news.KindNew, news.KindSame, news.KindCopy, news.KindReport} {
		m.filed.WithLabelValues(string(kind))
	}
	for _, result := range []string{"applied", "refused"} {
		m.reloads.WithLabelValues(result)
	}
}

// decided counts items that were put into stories.
func (m *meter) decided(list []news.Decision) {
	for i := range list {
		m.filed.WithLabelValues(string(list[i].Kind)).Inc()
	}
}

// polled counts one poll.
func (m *meter) polled(s news.State, n news.Appended, took time.Duration) {
	m.polls.WithLabelValues(string(s.Outcome)).Inc()
	m.duration.Observe(took.Seconds())
	m.items.WithLabelValues("new").Add(float64(n.New))
	m.items.WithLabelValues("changed").Add(float64(n.Changed))
}

// reload counts an attempt to apply another configuration.
func (m *meter) reload(applied bool) {
	result, value := "applied", 1.0
	if !applied {
		result, value = "refused", 0
	}
	m.reloads.WithLabelValues(result).Inc()
	m.reloaded.Set(value)
}

// count counts the answers of a handler.
func (m *meter) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(counted, r)
		m.answered(counted.code)
	})
}

// answered counts an answer.
func (m *meter) answered(code int) { m.requests.WithLabelValues(strconv.Itoa(code)).Inc() }

// A statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A stateCollector reads what the store knows whenever it is scraped, so that
// every process that shares a store tells the same.
type stateCollector struct{ p *program }

var (
	descSuccess  = prometheus.NewDesc("wireroom_source_last_success_timestamp_seconds", "When a source last answered as a feed should.", []string{"source"}, nil)
	descFailures = prometheus.NewDesc("wireroom_source_failures", "Failures of a source since its last success.", []string{"source"}, nil)
	descSources  = prometheus.NewDesc("wireroom_sources", "Configured sources, by the outcome of their last poll.", []string{"outcome"}, nil)
	descOverdue  = prometheus.NewDesc("wireroom_sources_overdue", "Sources that are due and not yet polled.", nil, nil)
	descItems    = prometheus.NewDesc("wireroom_store_items", "Items in the store.", nil, nil)
	descUnfiled  = prometheus.NewDesc("wireroom_store_unfiled_records", "Records that the filer has not read yet.", nil, nil)
	descUp       = prometheus.NewDesc("wireroom_store_up", "1 if the store told all that it was asked for this scrape.", nil, nil)
	descTopic    = prometheus.NewDesc("wireroom_topic_last_change_timestamp_seconds", "When what a topic publishes last changed.", []string{"topic"}, nil)
	descBytes    = prometheus.NewDesc("wireroom_store_bytes", "Size of the store on its disk.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descSuccess, descFailures, descSources, descOverdue, descItems, descUnfiled, descBytes, descUp, descTopic} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. What the store does not tell in
// time is left out of the scrape.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	states, failed := c.p.db.States(ctx)
	if failed == nil {
		outcomes := map[string]float64{"unpolled": 0}
		for _, outcome := range news.Outcomes() {
			outcomes[string(outcome)] = 0
		}
		for _, s := range states {
			outcomes[cmp.Or(string(s.Outcome), "unpolled")]++
			if !s.LastSuccess.IsZero() {
				gauge(descSuccess, float64(s.LastSuccess.Unix()), s.Source)
			}
			gauge(descFailures, float64(s.Failures), s.Source)
		}
		for outcome, n := range outcomes {
			gauge(descSources, n, outcome)
		}
	}
	due, err := c.p.db.Due(ctx, time.Now())
	if err == nil {
		gauge(descOverdue, float64(due))
	}
	failed = errors.Join(failed, err)
	stats, err := c.p.db.Stats(ctx)
	if err == nil {
		gauge(descItems, float64(stats.Items))
		gauge(descUnfiled, float64(stats.Unfiled))
		gauge(descBytes, float64(stats.Bytes))
	}
	if failed = errors.Join(failed, err); failed == nil {
		gauge(descUp, 1)
	} else {
		gauge(descUp, 0)
	}
	for _, t := range c.p.setup.Load().cfg.Topics {
		if doc, ok := c.p.desk.Document(render.TopicPath(t.Name) + ".atom"); ok && !doc.Modified.IsZero() {
			gauge(descTopic, float64(doc.Modified.Unix()), t.Name)
		}
	}
}

// adminHandler serves metrics, and profiles of the running program. It is for
// whoever runs the program, on a listener of its own that is off by default. The
// command line is not told: it may name a store with its password.
func (m *meter) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
