//go:build linux

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/wireroom/wireroom/aggregator/config"
)

// An example is what the tests look at of the examples of replicas: those of
// Kubernetes and the services of a compose file.
type example struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		Replicas     int
		MinAvailable int `yaml:"minAvailable"`
		Selector     map[string]any
		Ports        []struct {
			TargetPort string `yaml:"targetPort"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				Containers []exampleContainer
				Grace      int `yaml:"terminationGracePeriodSeconds"`
			}
		}
	}
	Services map[string]struct {
		Command []string
		Scale   int
		Volumes []string
	}
}

type exampleContainer struct {
	Args  []string
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	Lifecycle struct {
		PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
	}
	Probes map[string]any `yaml:",inline"`
}

func readExamples(t *testing.T, elem ...string) []example {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "deploy"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var e example
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
}

// runnable checks that the program takes the arguments.
func runnable(t *testing.T, args []string) {
	t.Helper()
	root := commands(terminal{nil, io.Discard, io.Discard})
	cmd, rest, err := root.Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err != nil || cmd.Name() != "serve" {
		t.Errorf("%q cannot be run: %v", args, err)
	}
}

func TestKubernetesExample(t *testing.T) {
	byKind := map[string]example{}
	for _, e := range readExamples(t, "kubernetes", "wireroom.yaml") {
		byKind[e.Kind] = e
	}
	deployment, budget, service := byKind["Deployment"].Spec, byKind["PodDisruptionBudget"].Spec, byKind["Service"].Spec
	if deployment.Replicas != 3 || budget.MinAvailable < 1 || budget.MinAvailable >= deployment.Replicas {
		t.Errorf("%d replicas, of which %d must be there", deployment.Replicas, budget.MinAvailable)
	}
	app := deployment.Template.Metadata.Labels["app"]
	for what, selector := range map[string]any{"Deployment": deployment.Selector["matchLabels"], "PodDisruptionBudget": budget.Selector["matchLabels"], "Service": service.Selector} {
		if m, _ := selector.(map[string]any); m["app"] != app || app == "" {
			t.Errorf("the %s selects %v, not %q", what, selector, app)
		}
	}
	c := deployment.Template.Spec.Containers[0]
	runnable(t, c.Args)
	// Only at the start is it asked for what the database must answer: those that
	// have begun serve what they have, and are to be left alone.
	for name, want := range map[string]string{"startupProbe": "/readyz", "readinessProbe": "/", "livenessProbe": "/"} {
		probe, _ := c.Probes[name].(map[string]any)
		get, _ := probe["httpGet"].(map[string]any)
		if get["path"] != want || get["port"] != c.Ports[0].Name {
			t.Errorf("%s asks %v", name, get)
		}
	}
	if pause, grace := c.Lifecycle.PreStop.Sleep.Seconds, deployment.Template.Spec.Grace; pause < 1 || grace < pause+8 {
		t.Errorf("it may serve for %d s when readers are sent elsewhere, and is killed after %d", pause, grace)
	}
	if service.Ports[0].TargetPort != c.Ports[0].Name {
		t.Error("the Service leads nowhere")
	}
	cfg, err := config.Parse("feeds.yaml", []byte(byKind["ConfigMap"].Data["feeds.yaml"]), func(name string) (string, bool) {
		return "postgres://db.example/wireroom", name == "WIREROOM_STORE"
	})
	if err != nil || cfg.Store != "postgres://db.example/wireroom" || cfg.Server.Listen != ":8080" || c.Ports[0].ContainerPort != 8080 {
		t.Errorf("the ConfigMap: %v, %+v", err, cfg)
	}
}

// TestComposeMountsFolders: a file that is mounted alone is not seen to be replaced,
// as mv and most editors do it.
func TestComposeMountsFolders(t *testing.T) {
	for _, folder := range []string{".", filepath.Join("deploy", "replicas")} {
		text := read(t, folder, "compose.yaml")
		var e example
		if err := yaml.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		from, to, _ := strings.Cut(e.Services["wireroom"].Volumes[0], ":")
		info, err := os.Stat(filepath.Join(root, folder, from))
		if err != nil || !info.IsDir() || to != "/etc/wireroom:ro" {
			t.Errorf("%s is mounted at %s (%v)", from, to, err)
		}
		if _, err := os.Stat(filepath.Join(root, folder, from, "feeds.yaml")); err != nil {
			t.Error(err)
		}
	}
}

// TestLimitsOfExamples: three thousand feeds, of which docs/performance.md says what
// they take, have room, and so have the threads of as many processors as the program
// makes use of, and those of some readers of files.
func TestLimitsOfExamples(t *testing.T) {
	for _, limit := range []struct {
		what  *regexp.Regexp
		least int
		files []string
	}{
		{regexp.MustCompile(`(?:mem_limit: |MemoryMax=|limits: \{memory: )(\d+)(?i:mi?)`), 400,
			[]string{"compose.yaml", "deploy/replicas/compose.yaml", "deploy/systemd/wireroom.service", "deploy/kubernetes/wireroom.yaml"}},
		{regexp.MustCompile(`(?:pids_limit: |TasksMax=)(\d+)`), 32 + 16,
			[]string{"compose.yaml", "deploy/replicas/compose.yaml", "deploy/systemd/wireroom.service"}},
	} {
		for _, path := range limit.files {
			found := limit.what.FindStringSubmatch(read(t, filepath.FromSlash(path)))
			if found == nil {
				t.Errorf("%s: nothing is like %s", path, limit.what)
			} else if n, _ := strconv.Atoi(found[1]); n < limit.least {
				t.Errorf("%s: %s, where %d are needed", path, found[0], limit.least)
			}
		}
	}
}

func TestComposeOfReplicas(t *testing.T) {
	services := readExamples(t, "replicas", "compose.yaml")[0].Services
	w := services["wireroom"]
	if runnable(t, w.Command); w.Scale != 3 || !strings.HasPrefix(w.Command[4], "postgres://") {
		t.Errorf("it runs %q %d times", w.Command, w.Scale)
	}
	if _, ok := services["postgres"]; !ok {
		t.Error("there is no database")
	}
}
