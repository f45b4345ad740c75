// People who sign in to Okta get into the group "App Users".
package main

import (
	"example.com/pulumi-signin-groups/sdk/go/signingroups"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		stack := config.New(ctx, "")
		groups, err := signingroups.NewSignInGroups(ctx, "signin-groups", &signingroups.SignInGroupsArgs{
			Project: pulumi.String(stack.Require("project")),
			Region:  pulumi.String(stack.Require("region")),
			OrgUrl:  pulumi.String(stack.Require("orgUrl")),
			Rules: signingroups.GroupRuleArray{
				&signingroups.GroupRuleArgs{
					Group: pulumi.String("App Users"),
					On:    signingroups.SignInEventTypeArray{signingroups.SignInEventTypeSessionStart},
				},
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("hookUrl", groups.HookUrl)
		ctx.Export("groupIds", groups.GroupIds)
		return nil
	})
}
