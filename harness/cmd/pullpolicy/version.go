package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"

	opa "github.com/open-policy-agent/opa/v1/version"
	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func versionCommand() *cobra.Command {
	var output output
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of the command and its parts",
		Example: "  pullpolicy version -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			policies, err := harness.LoadEmbedded()
			if err != nil {
				return err
			}
			v := version{Version: "unknown", OPA: opa.Version, Rules: len(harness.Rules(policies))}
			if build, ok := debug.ReadBuildInfo(); ok {
				v.Version = build.Main.Version
			}
			return output.write(cmd, v)
		},
	}
	output.flags(cmd)
	return cmd
}

type version struct {
	Version string `json:"version"`
	OPA     string `json:"opa"`
	Rules   int    `json:"rules"`
}

func (v version) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func (v version) WriteTable(w io.Writer, _ report.Style) error {
	_, err := fmt.Fprintf(w, "pullpolicy %s\nOPA %s\n%d rules\n", v.Version, v.OPA, v.Rules)
	return err
}
