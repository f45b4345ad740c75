//go:build tools

// Package engine names the program that is built from go.mod, so that `go mod tidy` keeps what it needs. It is a module of its
// own, because Pulumi's host for YAML needs an older version of Pulumi's packages than the CLI.
package engine

import _ "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
