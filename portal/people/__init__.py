"""The company's people: departments, roles, skills, regions, hours, leave, deputies, sign-in."""
