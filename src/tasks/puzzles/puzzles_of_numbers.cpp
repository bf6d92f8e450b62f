// Arithmetic, countdown and sorting.

#include <algorithm>
#include <fmt/format.h>

#include "tasks/puzzles/puzzle_kinds.h"

namespace ergon::tasks {
namespace {

std::string money(std::int64_t cents) {
    return fmt::format("{}.{:02}", cents / 100, cents % 100);
}

Prompt expression(Draw& draw) {
    const std::int64_t a = draw.between(12, 40), b = draw.between(3, 12), c = draw.between(20, 99);
    const std::int64_t d = draw.between(3, 9), e = draw.between(3, 12);
    return puzzle(fmt::format("Work out {} * {} + {} - {} * {}.", a, b, c, d, e), "the number alone",
                  std::to_string(a * b + c - d * e), Grader::number);
}

Prompt shopping(Draw& draw) {
    struct Goods {
        std::string_view one, several;
    };
    constexpr std::array<Goods, 6> goods{{{"notebook", "notebooks"},
                                          {"pen", "pens"},
                                          {"bread roll", "bread rolls"},
                                          {"bottle of juice", "bottles of juice"},
                                          {"candle", "candles"},
                                          {"postcard", "postcards"}}};
    const std::vector<Goods> bought = draw.some_of(goods, 2);
    const std::int64_t first_price = 5 * draw.between(10, 90), second_price = 5 * draw.between(10, 90);
    const std::int64_t first = draw.between(2, 6), second = draw.between(2, 6);
    const std::int64_t total = first * first_price + second * second_price;
    const std::int64_t paid = 1000 * (total / 1000 + 1);
    return puzzle(
        fmt::format("A {} costs {} euros and a {} costs {} euros. Somebody buys {} {} and {} {} and pays with {} "
                    "euros. How many euros of change are due?",
                    bought[0].one, money(first_price), bought[1].one, money(second_price), first, bought[0].several,
                    second, bought[1].several, paid / 100),
        "the number alone", money(paid - total), Grader::number);
}

Prompt mean(Draw& draw) {
    const std::int64_t count = draw.between(4, 5);
    std::vector<std::string> numbers;
    std::int64_t sum = 0;
    for (std::int64_t i = 1; i < count; ++i) {
        const std::int64_t number = draw.between(10, 60);
        sum += number;
        numbers.push_back(std::to_string(number));
    }
    // The last number makes the mean a whole one.
    const std::int64_t last = 10 + draw.between(0, 9) * count + (count - (sum + 10) % count) % count;
    numbers.push_back(std::to_string(last));
    return puzzle(fmt::format("What is the mean of {}?", listed(numbers)), "the number alone",
                  std::to_string((sum + last) / count), Grader::number);
}

Prompt discount(Draw& draw) {
    constexpr std::array<std::string_view, 5> things{"coat", "lamp", "bicycle helmet", "kettle", "rucksack"};
    const std::string_view thing = draw.one_of(things);
    const std::int64_t price = 20 * draw.between(2, 12), percent = 5 * draw.between(1, 8);
    return puzzle(fmt::format("A {} costs {} euros. Its price is lowered by {}%. How many euros does it cost now?",
                              thing, price, percent),
                  "the number alone", money(price * (100 - percent)), Grader::number);
}

Prompt left_over(Draw& draw) {
    const std::int64_t children = draw.between(4, 12), each = draw.between(6, 30), rest = draw.between(1, children - 1);
    return puzzle(fmt::format("{} marbles are shared equally among {} children, as many as possible to each. How many "
                              "marbles are left over?",
                              children * each + rest, children),
                  "the number alone", std::to_string(rest), Grader::number);
}

struct Term {
    std::string text;
    std::int64_t value;
};

/// Two terms made one by an operation that keeps values whole and positive; nothing if it does not.
std::optional<Term> combined(const Term& a, const Term& b, char operation) {
    const auto joined = [&](std::int64_t value) {
        return Term{fmt::format("({} {} {})", a.text, operation, b.text), value};
    };
    if (operation == '+') return joined(a.value + b.value);
    if (operation == '*' && a.value > 1 && b.value > 1) return joined(a.value * b.value);
    if (operation == '-' && a.value > b.value) return joined(a.value - b.value);
    if (operation == '/' && b.value > 1 && a.value % b.value == 0) return joined(a.value / b.value);
    return std::nullopt;
}

/// A solution out of all numbers, built by joining two terms at a time; nothing if the draws lead nowhere.
std::optional<Term> solution(Draw& draw, const std::vector<std::int64_t>& numbers) {
    std::vector<Term> terms;
    for (const std::int64_t number : numbers) terms.push_back({std::to_string(number), number});
    while (terms.size() > 1) {
        draw.shuffle(terms);
        const char operation = draw.one_of(std::string_view("+-*+-/"));
        const auto term = combined(terms[terms.size() - 2], terms.back(), operation);
        if (!term) return std::nullopt;
        terms.pop_back();
        terms.back() = *term;
    }
    return terms.front();
}

}  // namespace

Prompt arithmetic_puzzle(Draw& draw) {
    constexpr std::array makers{expression, shopping, mean, discount, left_over};
    return draw.one_of(makers)(draw);
}

Prompt countdown_puzzle(Draw& draw) {
    constexpr std::int64_t lowest_target = 10, highest_target = 200;  // so that few steps lead there (assumed)
    while (true) {
        std::vector<std::int64_t> numbers;
        while (numbers.size() < 4) {
            const std::int64_t number = draw.between(2, 25);
            if (std::ranges::find(numbers, number) == numbers.end()) numbers.push_back(number);
        }
        const auto made = solution(draw, numbers);
        if (!made || made->value < lowest_target || made->value > highest_target ||
            std::ranges::find(numbers, made->value) != numbers.end()) {
            continue;
        }
        std::vector<std::string> names;
        for (const std::int64_t number : numbers) names.push_back(std::to_string(number));
        Prompt prompt =
            puzzle(fmt::format(
                       "Make {} from the numbers {} with the operations +, -, * and / and brackets. Each number may be "
                       "used at most once, and not all need to be used.",
                       made->value, listed(names)),
                   "the expression alone", made->text.substr(1, made->text.size() - 2), Grader::countdown);
        prompt.numbers = numbers;
        prompt.target = made->value;
        return prompt;
    }
}

Prompt sorting_puzzle(Draw& draw) {
    constexpr std::array<std::string_view, 32> words{
        "anchor", "apple",  "barrel", "basket", "bottle",  "bridge", "butter", "button", "candle", "carpet", "castle",
        "cherry", "coffee", "copper", "dragon", "feather", "flower", "forest", "garden", "guitar", "hammer", "harbour",
        "island", "ladder", "marble", "meadow", "mirror",  "needle", "orange", "pepper", "pillow", "saddle"};
    const bool of_words = draw.between(0, 1) == 0, falling = draw.between(0, 1) == 0;
    const std::int64_t count = draw.between(5, 8);
    std::vector<std::string> items, sorted;
    if (of_words) {
        for (const std::string_view word : draw.some_of(words, count)) items.emplace_back(word);
        sorted = items;
        std::ranges::sort(sorted);
    } else {
        std::vector<std::int64_t> numbers;
        while (numbers.size() < static_cast<std::size_t>(count)) {
            const std::int64_t number = draw.between(-50, 400);
            if (std::ranges::find(numbers, number) == numbers.end()) numbers.push_back(number);
        }
        for (const std::int64_t number : numbers) items.push_back(std::to_string(number));
        std::ranges::sort(numbers);
        for (const std::int64_t number : numbers) sorted.push_back(std::to_string(number));
    }
    if (falling) std::ranges::reverse(sorted);
    if (items == sorted) std::swap(items.front(), items.back());
    const std::string_view order =
        of_words ? (falling ? "in reverse alphabetical order" : "in alphabetical order")
                 : (falling ? "from the largest to the smallest" : "from the smallest to the largest");
    return puzzle(fmt::format("Sort {}: {}.", order, listed(items, ", ")), "the sorted list, with commas",
                  listed(sorted, ", "), Grader::list);
}

}  // namespace ergon::tasks
