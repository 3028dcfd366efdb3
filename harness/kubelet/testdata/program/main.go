// Command program is the only file of an image but for content, which it appends to the file that its argument names,
// once for each start. Without an argument it is the pause container. It ends when it is told to, or finds an exit file.
package main

import (
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	if len(os.Args) == 1 {
		<-told
		return
	}

	ran := os.Args[1]
	if err := note(ran); err != nil {
		log.Fatal(err)
	}
	exit := filepath.Join(filepath.Dir(ran), "exit")
	for {
		select {
		case <-told:
			return
		case <-time.After(50 * time.Millisecond):
			if os.Remove(exit) == nil {
				return
			}
		}
	}
}

// note appends the image's content to a file.
func note(ran string) error {
	content, err := os.ReadFile("/content")
	if err != nil {
		return err
	}
	file, err := os.OpenFile(ran, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.Close()
}
