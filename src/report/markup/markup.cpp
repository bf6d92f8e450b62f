#include "report/markup/markup.h"

#include <cmath>
#include <fmt/format.h>

#include "base/strings/characters.h"

namespace ergon::report {
namespace {

std::string escaped(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (const char32_t c : base::characters(text)) {
        switch (c) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            case '\'': safe += "&#39;"; break;
            default: base::append_utf8(safe, c);
        }
    }
    return safe;
}

}  // namespace

std::string coordinate(double number) {
    if (!std::isfinite(number)) return "0";
    std::string text = fmt::format("{:.2f}", number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? "0" : text;
}

std::optional<Address> Address::web(std::string_view text) {
    if (!text.starts_with("https://") && !text.starts_with("http://")) return std::nullopt;
    return Address(std::string(text));
}

Attribute::Attribute(Name name, double number) : Attribute(name, coordinate(number)) {}

Markup::Markup(std::string_view text) : out_(escaped(text)) {}

Markup& Markup::add(const Markup& more) {
    out_ += more.out_;
    return *this;
}

void Markup::open(Name name, Attributes attributes) {
    out_ += '<';
    out_ += name.text();
    for (const Attribute& attribute : attributes) {
        out_ += fmt::format(" {}=\"{}\"", attribute.name(), escaped(attribute.value()));
    }
}

Markup& Markup::element(Name name, Attributes attributes, const Markup& content) {
    open(name, attributes);
    out_ += '>';
    out_ += content.out_;
    out_ += fmt::format("</{}>", name.text());
    return *this;
}

Markup& Markup::element(Name name, Attributes attributes, std::string_view text) {
    return element(name, attributes, Markup(text));
}

Markup& Markup::leaf(Name name, Attributes attributes) {
    open(name, attributes);
    out_ += "/>";
    return *this;
}

std::string Markup::document(const Markup& head, Verbatim style, const Markup& body) {
    return fmt::format("<!DOCTYPE html>\n<html lang=\"en\"><head>{}<style>{}</style></head>\n<body>{}</body></html>\n",
                       head.out_, style.text(), body.out_);
}

}  // namespace ergon::report
