#include "grimoire/report/markdown.h"

#include <md4c.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/report/escape.h"
#include "grimoire/report/layout.h"

namespace grim::report {
namespace {

enum class Line { blank, item, quote, table, rule, text };

struct Seen {
  Line kind;
  size_t indent;
};

// The length of "-", "12." and their like at the front; 0: nothing begins an item.
size_t item_mark(std::string_view rest) {
  const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (digits == 0) return !rest.empty() && std::strchr("*-+", rest[0]) ? 1 : 0;
  return digits < 10 && digits < rest.size() && (rest[digits] == '.' || rest[digits] == ')') ? digits + 1 : 0;
}

Seen look_at(std::string_view line) {
  const size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
  const std::string_view rest = line.substr(indent);
  if (rest.empty()) return {Line::blank, indent};
  if (rest[0] == '>') return {Line::quote, indent};
  if (rest[0] == '|') return {Line::table, indent};
  if (rest.find_first_not_of("- ") == rest.npos && std::count(rest.begin(), rest.end(), '-') >= 3) return {Line::rule, indent};
  const size_t mark = item_mark(rest);
  return {mark > 0 && mark < rest.size() && rest[mark] == ' ' ? Line::item : Line::text, indent};
}

// The house rules written out for CommonMark: a blank line wherever it would go on with what the line before began. That line holds a
// blank, the source's own ones hold none: only those are shown.
std::string spelled_out(std::string_view source) {
  std::string out;
  Seen before{Line::blank, 0};
  Fence open;
  for (size_t at = 0; at < source.size();) {
    const size_t end = std::min(source.find('\n', at), source.size());
    const std::string_view line = source.substr(at, end - at);
    at = end + 1;
    const Seen now = look_at(line);
    const Fence fence = fence_of(line);
    const bool in_code = open.length > 0;
    if (!in_code && before.kind != Line::blank && now.kind != Line::blank) {
      const bool another = now.kind != before.kind && (now.kind != Line::text || before.kind != Line::item);
      const bool leaves_item = before.kind == Line::item && now.kind == Line::text && now.indent <= before.indent;
      if (another || leaves_item) out += " \n";
    }
    if (!in_code) open = fence;
    else if (fence.closes(open)) open = {};
    // A mark and nothing behind it is a text ("6."), not a list of nothing.
    const std::string_view rest = trimmed(line);
    const bool bare_mark = !in_code && !rest.empty() && item_mark(rest) == rest.size();
    if (bare_mark) out.append(line.substr(0, line.find_last_of("-*+.)"))).append("\\").append(rest.substr(rest.size() - 1)).append("\n");
    else out.append(in_code || now.kind != Line::blank ? line : "").append("\n");
    if (in_code) continue;
    // Text under an item stays within it until a line stands further left.
    before = before.kind == Line::item && now.kind == Line::text && now.indent > before.indent ? before : now;
  }
  return out;
}

struct Callbacks {
  virtual ~Callbacks() = default;
  virtual void block(MD_BLOCKTYPE type, void* detail, bool enter) = 0;
  virtual void span(MD_SPANTYPE type, void* detail, bool enter) = 0;
  virtual void text(MD_TEXTTYPE type, std::string_view text) = 0;
};

void parse(const std::string& source, Callbacks& to) {
  MD_PARSER parser = {};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS;
  parser.enter_block = [](MD_BLOCKTYPE t, void* d, void* self) { return static_cast<Callbacks*>(self)->block(t, d, true), 0; };
  parser.leave_block = [](MD_BLOCKTYPE t, void* d, void* self) { return static_cast<Callbacks*>(self)->block(t, d, false), 0; };
  parser.enter_span = [](MD_SPANTYPE t, void* d, void* self) { return static_cast<Callbacks*>(self)->span(t, d, true), 0; };
  parser.leave_span = [](MD_SPANTYPE t, void* d, void* self) { return static_cast<Callbacks*>(self)->span(t, d, false), 0; };
  parser.text = [](MD_TEXTTYPE t, const MD_CHAR* s, MD_SIZE n, void* self) {
    return static_cast<Callbacks*>(self)->text(t, {s, n}), 0;
  };
  if (md_parse(source.data(), static_cast<MD_SIZE>(source.size()), &parser, &to) != 0)
    throw Error(ErrorKind::resource, "Markdown could not be read: out of memory");
}

std::string address_of(void* detail) {
  const MD_ATTRIBUTE& href = static_cast<MD_SPAN_A_DETAIL*>(detail)->href;
  return {href.text, href.size};
}

class ForTerminal final : public Callbacks {
 public:
  ForTerminal(const std::string& source, const TextStyle& style) : source_(source), style_(style) {}
  std::string take() {
    flush();
    return std::move(out_);
  }

  void block(MD_BLOCKTYPE type, void* detail, bool enter) override {
    if (enter && prefixes_.empty() && !out_.empty()) begins_ = true;
    switch (type) {
      case MD_BLOCK_QUOTE: flush(), enter ? prefixes_.push_back("| ") : prefixes_.pop_back(); break;
      case MD_BLOCK_UL: flush(), enter ? numbers_.push_back(-1) : numbers_.pop_back(); break;
      case MD_BLOCK_OL:
        flush();
        enter ? numbers_.push_back(static_cast<int>(static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start)) : numbers_.pop_back();
        break;
      case MD_BLOCK_LI:
        flush();
        if (enter) {
          mark_ = numbers_.back() < 0 ? "- " : str("{}. ", numbers_.back()++);
          prefixes_.push_back(std::string(mark_.size(), ' '));
        } else {
          mark_.clear(), prefixes_.pop_back();
        }
        break;
      case MD_BLOCK_HR: {
        if (!enter) break;
        const std::string before = prefix();
        out_ += before + std::string(static_cast<size_t>(std::clamp(style_.width - static_cast<int>(before.size()), 3, 40)), '-') + "\n";
        break;
      }
      case MD_BLOCK_H: flush(), sgr(enter ? "1" : "22"), enter ? void() : flush(); break;
      case MD_BLOCK_CODE: flush(), verbatim_ = enter; break;
      case MD_BLOCK_TABLE:
        flush();
        if (enter) rows_.clear();
        else put_table();
        break;
      case MD_BLOCK_TR: if (enter) rows_.emplace_back(); break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: if (!enter) rows_.back().push_back(std::move(line_)), line_.clear(); break;
      case MD_BLOCK_P: if (!enter) flush(); break;
      default: break;
    }
  }
  void span(MD_SPANTYPE type, void* detail, bool enter) override {
    if (type == MD_SPAN_STRONG) sgr(enter ? "1" : "22");
    if (type == MD_SPAN_EM) sgr(enter ? "3" : "23");
    if (type == MD_SPAN_CODE) style_.styled ? sgr(enter ? "36" : "39") : void(line_ += '`');
    if (type == MD_SPAN_A && !enter) line_ += " (" + shown(address_of(detail)) + ")";
  }
  void text(MD_TEXTTYPE type, std::string_view text) override {
    if (begins_ && blank_line_before(text.data())) out_ += "\n";
    begins_ = false;
    if (verbatim_) {
      verbatim_line_.append(text);
      for (size_t end; (end = verbatim_line_.find('\n')) != std::string::npos; verbatim_line_.erase(0, end + 1))
        out_ += end == 0 ? "\n" : prefix() + "  " + shown(verbatim_line_.substr(0, end)) + "\n";
      return;
    }
    if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR) flush();
    else line_ += shown(type == MD_TEXT_ENTITY && named_entity(text).size > 0 ? named_entity(text).text : text);
  }

 private:
  void sgr(const char* code) {
    if (style_.styled) line_ += str("\033[{}m", code);
  }
  std::string prefix() {
    std::string p;
    for (size_t i = 0; i < prefixes_.size(); ++i) p += i + 1 == prefixes_.size() && !mark_.empty() ? mark_ : prefixes_[i];
    mark_.clear();
    return p;
  }
  // Did the writer leave a line blank above this place of the source, or above the code that begins with it?
  bool blank_line_before(const char* place) const {
    if (place < source_.data() || place >= source_.data() + source_.size()) return false;
    const auto line_at = [&](size_t at) { return at == 0 ? 0 : source_.rfind('\n', at - 1) + 1; };
    size_t line = line_at(static_cast<size_t>(place - source_.data()));
    if (verbatim_ && line > 0) line = line_at(line - 1);  // its fence
    return line > 1 && source_[line - 2] == '\n';
  }
  void flush() {
    if (line_.empty()) return;
    const std::string first = prefix(), next = prefix();
    out_ += flowed(line_, first, next, static_cast<size_t>(style_.width));
    line_.clear();
  }
  void put_table() {
    const std::string p = prefix();
    out_ += aligned_table(rows_, {.first_is_head = true, .width = static_cast<size_t>(style_.width), .indent = p});
  }

  const std::string& source_;
  TextStyle style_;
  std::string out_, line_, mark_, verbatim_line_;
  std::vector<std::string> prefixes_;
  std::vector<int> numbers_;  // of the lists around; -1: bullets
  std::vector<std::vector<std::string>> rows_;
  bool verbatim_ = false, begins_ = false;  // a block of its own, of which nothing is seen yet
};

class ForPage final : public Callbacks {
 public:
  std::string out;
  void block(MD_BLOCKTYPE type, void* detail, bool enter) override {
    switch (type) {
      case MD_BLOCK_QUOTE: tag("blockquote", enter); break;
      case MD_BLOCK_UL: tag("ul", enter); break;
      case MD_BLOCK_OL:
        if (enter) out += str("<ol start=\"{}\">", static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start);
        else out += "</ol>\n";
        break;
      case MD_BLOCK_LI: tag("li", enter); break;
      case MD_BLOCK_HR: if (enter) out += "<hr>\n"; break;
      case MD_BLOCK_H: tag("h4", enter); break;
      case MD_BLOCK_CODE: out += enter ? "<pre>" : "</pre>\n"; break;
      case MD_BLOCK_TABLE: tag("table", enter); break;
      case MD_BLOCK_TR: tag("tr", enter); break;
      case MD_BLOCK_TH: tag("th", enter); break;
      case MD_BLOCK_TD: tag("td", enter); break;
      case MD_BLOCK_P: tag("p", enter); break;
      default: break;
    }
  }
  void span(MD_SPANTYPE type, void* detail, bool enter) override {
    if (type == MD_SPAN_STRONG) out += enter ? "<strong>" : "</strong>";
    if (type == MD_SPAN_EM) out += enter ? "<em>" : "</em>";
    if (type == MD_SPAN_CODE) out += enter ? "<code>" : "</code>";
    if (type == MD_SPAN_A) {  // no address that runs something
      const std::string href = address_of(detail);
      const bool plain = href.starts_with("https://") || href.starts_with("http://") || href.find(':') == std::string::npos;
      if (enter) out += plain ? str("<a href=\"{}\">", escape_html(href)) : "<a>";
      else out += "</a>";
    }
  }
  void text(MD_TEXTTYPE type, std::string_view text) override {
    if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR) out += "<br>\n";
    else if (type == MD_TEXT_CODE && text == "\n") out += "\n";
    else out += type == MD_TEXT_ENTITY ? std::string(text) : escape_html(shown(text));
  }

 private:
  void tag(const char* name, bool enter) { out += str(enter ? "<{}>" : "</{}>\n", name); }
};

}  // namespace

Fence fence_of(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  if (line.empty() || (line[0] != '`' && line[0] != '~')) return {};
  const char mark = line[0];
  const size_t length = std::min(line.find_first_not_of(mark), line.size());
  if (length < 3 || (mark == '`' && line.find('`', length) != line.npos)) return {};
  return {mark, length, length == line.size()};
}

std::string inline_markdown(std::string_view line) {
  const Seen seen = look_at(line);
  const std::string_view rest = line.substr(seen.indent);
  const bool rule = seen.kind == Line::rule || rest.find_first_not_of("*_ ") == rest.npos;
  size_t mark = 0;
  if (seen.kind == Line::item && !rule) mark = rest.find_first_of("-*+.)");
  else if (rest.empty() || (!std::strchr(">|#[", rest[0]) && !rule && fence_of(rest).length == 0)) return std::string(rest);
  return str("{}\\{}", rest.substr(0, mark), rest.substr(mark));
}

std::string markdown_to_text(std::string_view markdown, const TextStyle& style) {
  const std::string source = spelled_out(markdown);
  ForTerminal to(source, style);
  parse(source, to);
  return to.take();
}

std::string markdown_to_html(std::string_view markdown) {
  ForPage to;
  parse(spelled_out(markdown), to);
  return std::move(to.out);
}

}  // namespace grim::report
