// Command generate-sdk writes a package in Python or in Go for a Pulumi schema, by Pulumi's own generators.
//
// Usage: generate-sdk python|go SCHEMA FOLDER
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "Usage: generate-sdk python|go SCHEMA FOLDER")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(language, schemaFile, folder string) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return fmt.Errorf("%s: %w", schemaFile, err)
	}
	bound, problems, err := schema.BindSpec(spec, noOtherPackages{}, schema.ValidationOptions{})
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s: %w", schemaFile, problems)
	}
	// As `pulumi package add` has it: then Go code gets a go.mod.
	bound.SupportPack = true
	files, err := filesOf(language, bound)
	if err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// noOtherPackages loads nothing: the component names types of its own only.
type noOtherPackages struct{ schema.ReferenceLoader }

func filesOf(language string, bound *schema.Package) (map[string][]byte, error) {
	switch language {
	case "python":
		return python.GeneratePackage("generate-sdk", bound, nil, noOtherPackages{})
	case "go":
		return golang.GeneratePackage("generate-sdk", bound, nil)
	default:
		return nil, fmt.Errorf("generate-sdk knows python and go, not %q", language)
	}
}
