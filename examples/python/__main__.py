"""People who sign in to Okta get into the group "App Users"."""

import pulumi
import pulumi_signin_groups as signin_groups

stack = pulumi.Config()
groups = signin_groups.SignInGroups(
    "signin-groups",
    project=stack.require("project"),
    region=stack.require("region"),
    org_url=stack.require("orgUrl"),
    rules=[
        {
            "group": "App Users",
            "on": [signin_groups.SignInEventType.SESSION_START],
        }
    ],
)

pulumi.export("hookUrl", groups.hook_url)
pulumi.export("groupIds", groups.group_ids)
