"""People who sign in to Okta get into the group "App Users"."""

import pulumi
import pulumi_signin_groups as signin_groups

groups = signin_groups.SignInGroups(
    "signin-groups",
    rules=[
        {
            "group": "App Users",
            "on": [signin_groups.SignInEventType.SESSION_START],
        }
    ],
)

pulumi.export("hookUrl", groups.hook_url)
pulumi.export("groupIds", groups.group_ids)
