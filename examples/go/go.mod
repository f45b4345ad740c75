module signin-groups-example

go 1.25.11

require (
	example.com/pulumi-signin-groups/sdk/go v0.1.0
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
)

replace example.com/pulumi-signin-groups/sdk/go => ./sdks/signin-groups
