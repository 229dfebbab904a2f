package walk_test

import (
	"bufio"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nginx runs nginx in front of a server and returns its address. Its
// configuration is that of Debian's package, with more in the part for HTTP.
func nginx(t *testing.T, upstream, more string) string {
	t.Helper()
	program := need(t, "nginx")
	const config = "/etc/nginx/nginx.conf"
	debian, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // finds a free port
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	text := strings.NewReplacer(
		"/run/nginx.pid", dir+"/pid", "/var/log/nginx/", dir+"/",
		"include /etc/nginx/modules-enabled/*.conf;", "", "include /etc/nginx/conf.d/*.conf;", more,
		"include /etc/nginx/sites-enabled/*;", fmt.Sprintf("server { listen %s; location / { proxy_pass %s; } }\n", addr, upstream)+
			fmt.Sprintf("client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;", dir),
	).Replace(string(debian))
	file := filepath.Join(dir, "nginx.conf")
	write(t, file, []byte(text))
	cmd := exec.Command(program, "-p", dir, "-c", file, "-e", dir+"/error.log", "-g", "daemon off;")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt) // a kill would leave its workers behind
		cmd.Wait()
	})
	for deadline := time.Now().Add(patience); ; {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return "http://" + addr
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(dir + "/error.log")
			t.Fatalf("nginx does not listen: %v\n%s", err, log)
		}
	}
}

func TestStreamsPassNginxAsTheyAre(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), slow)
	for name, more := range map[string]string{
		"by default":               "",
		"that compresses them too": "gzip_types text/event-stream; gzip_proxied any; gzip_min_length 1; gzip_buffers 16 8k;",
		"that speaks HTTP/1.1":     "proxy_http_version 1.1; proxy_set_header Connection '';",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := s.submit(spec("docs", "zip")).text("id")
			r, err := http.NewRequestWithContext(t.Context(), "GET", nginx(t, s.url, more)+"/jobs/"+id+"/events", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", "gzip")
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			in := io.Reader(resp.Body)
			if resp.Header.Get("Content-Encoding") == "gzip" {
				if in, err = gzip.NewReader(resp.Body); err != nil {
					t.Fatal(err)
				}
			} else if strings.Contains(more, "gzip") {
				t.Error("nginx does not compress, so nothing is shown here")
			}
			st := &stream{t, resp, bufio.NewReader(in)}
			running := 0
			var last event
			for {
				e, err := st.next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("after %v: %v", last, err)
				}
				last = e
				if e.name == "progress" && s.get("/jobs/"+id).text("state") == "running" {
					running++ // it was seen while the job was still at it
				}
			}
			if running < 3 || last.name != "ready" {
				t.Errorf("got %d progress events while the job ran, and %q last, want at least 3, and ready", running, last.name)
			}
		})
	}
}

// certificate makes one for 127.0.0.1 and returns the files with it and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
	write(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	return cert, key
}

func TestStreamsComeOverTLSAndHTTP2(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	docs := tree(t)
	for name, test := range map[string]struct{ serve, curl []string }{
		"HTTP/2 over TLS":    {[]string{"-tls-cert", cert, "-tls-key", key}, []string{"--http2", "--cacert", cert}},
		"HTTP/1.1 over TLS":  {[]string{"-tls-cert", cert, "-tls-key", key}, []string{"--http1.1", "--cacert", cert}},
		"HTTP/2 without TLS": {[]string{"-h2c"}, []string{"--http2-prior-knowledge"}},
		"HTTP/1.1":           {nil, []string{"--http1.1"}},
		"HTTP/1.0":           {nil, []string{"--http1.0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, append([]string{"-source", "docs=" + docs}, test.serve...)...)
			out := run(t, "curl", append(test.curl, "-sSN", "--compressed", "--fail", "-w", "version %{http_version}", "-H", "Accept: text/event-stream",
				"-d", "source=docs", "-d", "format=zip", s.url+"/jobs")...)
			version := strings.Fields(strings.TrimPrefix(name, "HTTP/"))[0]
			if !strings.HasPrefix(out, ": connected\n") || !strings.Contains(out, "event: ready\n") || !strings.HasSuffix(out, "version "+strings.TrimSuffix(version, ".0")) &&
				!strings.HasSuffix(out, "version "+version) {
				t.Errorf("got %q, want a whole stream by version %s", out, version)
			}
		})
	}
}
