// People who sign in to Okta get into the group "App Users".
package main

import (
	"example.com/pulumi-signin-groups/sdk/go/signingroups"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		groups, err := signingroups.NewSignInGroups(ctx, "signin-groups", &signingroups.SignInGroupsArgs{
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
