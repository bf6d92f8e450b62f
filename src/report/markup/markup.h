#pragma once
// Markup that is safe by construction: names of elements and attributes are constants of the program, everything else
// is text and is escaped. There is no way to put a string of markup together by hand.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace ergon::report {

/// The name of an element or attribute, known and checked when the program is compiled. Attributes that are programs or
/// load something (onclick, style, src, href) are no names: addresses have a type of their own.
class Name {
  public:
    consteval Name(const char* text) : text_(text) {
        if (text_.empty()) throw "a name must not be empty";
        for (const char c : text_) {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!letter && !(c >= '0' && c <= '9') && c != '-') throw "a name has letters, digits and hyphens";
        }
        if (text_.starts_with("on") || text_ == "style" || text_ == "src" || text_ == "href" || text_ == "script") {
            throw "this name could run or load something";
        }
    }
    constexpr std::string_view text() const { return text_; }

  private:
    std::string_view text_;
};

/// Text of the program's own that stands in a page as it is: the style sheet.
class Verbatim {
  public:
    consteval Verbatim(const char* text) : text_(text) {}
    constexpr std::string_view text() const { return text_; }

  private:
    std::string_view text_;
};

/// Where a link goes: to a page of the web, or to an element of this page.
class Address {
  public:
    /// Nothing unless the text begins with http:// or https://: other schemes could be programs.
    static std::optional<Address> web(std::string_view text);
    static Address within(std::string_view id) { return Address("#" + std::string(id)); }
    const std::string& text() const { return text_; }

  private:
    explicit Address(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

class Attribute {
  public:
    Attribute(Name name, std::string_view value) : name_(name.text()), value_(value) {}
    /// A length or place: at most two decimals.
    Attribute(Name name, double number);
    Attribute(const Address& address) : name_("href"), value_(address.text()) {}
    std::string_view name() const { return name_; }
    const std::string& value() const { return value_; }

  private:
    std::string_view name_;
    std::string value_;
};

using Attributes = std::initializer_list<Attribute>;

/// A piece of HTML or SVG, well-formed as XML as well.
class Markup {
  public:
    Markup() = default;
    /// Text, escaped.
    explicit Markup(std::string_view text);

    Markup& add(const Markup& more);
    /// An element with what is in it.
    Markup& element(Name name, Attributes attributes, const Markup& content);
    Markup& element(Name name, Attributes attributes, std::string_view text);
    /// An element that holds nothing and closes itself: <meta/>, or a shape in SVG.
    Markup& leaf(Name name, Attributes attributes);

    /// A whole page. The style sheet is part of it, so that the file needs nothing beside itself.
    static std::string document(const Markup& head, Verbatim style, const Markup& body);

    bool empty() const { return out_.empty(); }
    const std::string& text() const { return out_; }

  private:
    void open(Name name, Attributes attributes);
    std::string out_;
};

/// A coordinate: at most two decimals, no trailing zeros, no negative zero.
std::string coordinate(double number);

}  // namespace ergon::report
