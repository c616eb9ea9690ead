"""What work costs, computed again from the contract in whole numbers."""

CREDIT = 10**6
TOKENS_PER_RATE = 10**6
RATES = {
    "input_tokens": "input_micros_per_million",
    "output_tokens": "output_micros_per_million",
    "cached_input_tokens": "cached_input_micros_per_million",
    "reasoning_tokens": "reasoning_micros_per_million",
}
TOKENS_MAX = 10**12


def cost(rates, **tokens):
    """Exact products, divided once, rounded up; the fee; the minimum; never nothing."""
    products = sum(count * rates.get(RATES[name], 0) for name, count in tokens.items())
    spent = -(-products // TOKENS_PER_RATE) + rates.get("per_call_micros", 0)
    return max(spent, rates.get("minimum_micros", 0), 1)


def affordable(rates, budget, **besides):
    """The most output tokens that `budget` pays for after the other tokens, by trial."""
    besides.pop("output_tokens", None)
    if cost(rates, output_tokens=0, **besides) > budget:
        return 0
    low, high = 0, TOKENS_MAX
    while low < high:
        middle = (low + high + 1) // 2
        if cost(rates, output_tokens=middle, **besides) <= budget:
            low = middle
        else:
            high = middle - 1
    return low


def renewal(used, granted):
    """Three quarters of what is left, never too late."""
    return used + (granted - used) * 3 // 4
