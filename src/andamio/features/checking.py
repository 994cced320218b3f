"""Stand-in replaced below."""
from andamio.features.plan import FeaturePlan
def refuse_wrong(plan: FeaturePlan) -> None:
    plan.computed()
