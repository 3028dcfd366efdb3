package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/pullpolicy/pullpolicy/harness/report"
)

// styleOf is how text for people looks on w: coloured and wrapped on a terminal, plain everywhere else, where COLUMNS
// asks for a width all the same.
func styleOf(w io.Writer) report.Style {
	file, ok := terminal(w)
	if !ok {
		width, _ := strconv.Atoi(os.Getenv("COLUMNS"))
		return report.Style{Width: max(width, 0)}
	}
	style := report.Style{Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		style.Width = width
	}
	return style
}

func terminal(w io.Writer) (*os.File, bool) {
	file, ok := w.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// A progress is a line on a terminal that says how far a long run is.
type progress struct {
	w        io.Writer
	finished chan struct{}
	writer   sync.WaitGroup

	mu          sync.Mutex
	judged, all int
}

const (
	patience = time.Second // before the line is shown
	refresh  = 100 * time.Millisecond
)

// startProgress shows the line on w, if that is a terminal and the run takes longer than people like to wait.
func startProgress(w io.Writer) *progress {
	p := &progress{w: w, finished: make(chan struct{})}
	if _, ok := terminal(w); ok {
		p.writer.Go(p.show)
	}
	return p
}

func (p *progress) show() {
	select {
	case <-p.finished:
		return
	case <-time.After(patience):
	}
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		p.mu.Lock()
		fmt.Fprintf(p.w, "\rchecked %d of %d files\x1b[K", p.judged, p.all)
		p.mu.Unlock()
		select {
		case <-p.finished:
			fmt.Fprint(p.w, "\r\x1b[K")
			return
		case <-tick.C:
		}
	}
}

func (p *progress) set(judged, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judged, p.all = judged, all
}

// stop clears the line.
func (p *progress) stop() {
	close(p.finished)
	p.writer.Wait()
}
