package main

import (
	"github.com/spf13/cobra"
)

func bundleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "Build, sign, verify and distribute the bundle that OPA loads",
		Args:  known,
		RunE:  noCommand,
	}
	cmd.AddCommand(
		bundleBuildCommand(),
		bundleKeygenCommand(),
		bundleVerifyCommand(),
		bundleInspectCommand(),
		bundleExtractCommand(),
		bundlePushCommand(),
		bundlePullCommand(),
	)
	return cmd
}
