#include <algorithm>
#include <cctype>

#include "grimoire/base/str.h"
#include "grimoire/learn/anki.h"
#include "grimoire/learn/html_tag.h"
#include "grimoire/report/markdown.h"

namespace grim::learn {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80); }
bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == 0; }

// Code between marks that are longer than any in it.
std::string inline_code(std::string_view code) {
  std::string mark = "`";
  while (code.find(mark) != code.npos) mark += '`';
  const char* const pad = code.starts_with('`') || code.ends_with('`') ? " " : "";
  return mark + pad + std::string(code) + pad + mark;
}

class Writer {
 public:
  std::string take() {
    if (verbatim_) block_code(false);
    else if (code_) span_code(false);
    end_line();
    while (!out_.empty() && is_space(out_.back())) out_.pop_back();
    return std::move(out_);
  }

  void letter(const std::string& text, char next) {
    if (code_) code_text_ += text == "\n" && !verbatim_ ? " " : text;
    else if (hidden_) return;
    else if (text == "\n") cell_ ? letter(" ", 0) : end_line();
    else if (text == " " || text == "\t") line_ += line_.empty() ? "" : text;
    else {
      open_marks();
      plain_ |= line_.empty();
      if (must_escape(text[0], next)) line_ += '\\';
      line_ += text;
    }
  }

  void tag(const Tag& t) {
    const bool begins = !t.name.starts_with('/');
    const std::string name = t.name.substr(begins ? 0 : 1);
    const auto is_one_of = [&](std::initializer_list<const char*> names) { return std::ranges::find(names, name) != names.end(); };
    if (is_one_of({"pre"})) block_code(begins);
    else if (verbatim_) code_text_ += name == "br" ? "\n" : "";
    else if (is_one_of({"style", "script"})) hidden_ = begins;
    else if (is_one_of({"b", "strong"})) emphasis("**", begins);
    else if (is_one_of({"i", "em"})) emphasis("*", begins);
    else if (name == "code") span_code(begins);
    else if (name == "a") link(t, begins);
    else if (is_one_of({"table", "tr", "td", "th"})) table(name, begins);
    else if (cell_) line_ += line_.empty() || line_.ends_with(' ') || !is_one_of({"br", "p", "div", "li"}) ? "" : " ";
    else if (name == "p") paragraph(begins);
    else if (is_one_of({"br", "div"})) end_line();
    else if (name == "hr") end_line(), line_ = "---", end_line();
    else if (name.size() == 2 && name[0] == 'h' && std::isdigit(static_cast<unsigned char>(name[1]))) {
      end_line();
      if (begins) line_ = std::string(static_cast<size_t>(std::clamp(name[1] - '0', 1, 6)), '#') + " ";
    } else if (is_one_of({"ul", "ol", "li", "blockquote"})) container(t, name, begins);
  }

 private:
  struct Level {
    std::string name;
    std::string first, next;  // what stands before its first line and before the others
    int64_t number = 1;       // of an ordered list's next item
  };

  std::string prefix() {
    std::string p;
    for (Level& l : levels_) p += l.first, l.first = l.next;
    return p;
  }

  void end_line() {
    while (line_.ends_with(' ') || line_.ends_with('\t')) line_.pop_back();
    if (line_.empty()) return;
    std::string text = plain_ ? report::inline_markdown(line_) : line_;
    if (text.find_first_not_of('=') == text.npos) text.insert(0, 1, '\\');  // below text it would make a heading of that
    if (gap_) {
      std::string blank = prefix();
      while (blank.ends_with(' ')) blank.pop_back();
      out_ += blank + "\n";
    }
    out_ += prefix() + text + "\n";
    line_.clear(), plain_ = gap_ = after_paragraph_ = false;
  }

  // A paragraph directly below another has a blank line before it.
  void paragraph(bool begins) {
    end_line();
    gap_ = begins && after_paragraph_;
    after_paragraph_ = !begins;
  }

  void container(const Tag& t, const std::string& name, bool begins) {
    end_line();
    gap_ = after_paragraph_ = false;
    if (!begins) {
      const auto open = std::ranges::find(levels_.rbegin(), levels_.rend(), name, &Level::name);
      if (open != levels_.rend()) levels_.erase(open.base() - 1, levels_.end());
    } else if (name == "li") {
      if (!levels_.empty() && levels_.back().name == "li") levels_.pop_back();  // its end may be left out
      std::string mark = "- ";
      if (!levels_.empty() && levels_.back().name == "ol") mark = str("{}. ", levels_.back().number++);
      levels_.push_back({"li", mark, std::string(mark.size(), ' ')});
    } else if (name == "blockquote") {
      levels_.push_back({name, "> ", "> "});
    } else {
      levels_.push_back({name, "", ""});
      if (const std::string start = attribute(t.inside, "start"); !start.empty()) levels_.back().number = std::max(0, std::atoi(start.c_str()));
    }
  }

  // Marks stand next to what they mark: no blank inside them, and nothing where they hold nothing.
  void emphasis(const char* mark, bool begins) {
    if (begins) return pending_.push_back(mark);
    if (!pending_.empty()) return pending_.pop_back();
    if (line_.empty() && out_.ends_with('\n')) return void(out_.insert(out_.size() - 1, mark));
    size_t end = line_.size();
    while (end > 0 && line_[end - 1] == ' ') --end;
    line_.insert(end, mark);
  }
  void open_marks() {
    for (const char* mark : pending_) line_ += mark;
    pending_.clear();
  }

  void span_code(bool begins) {
    if (!begins && code_) open_marks(), line_ += code_text_.empty() ? "" : inline_code(cell_ ? in_cell(code_text_) : code_text_);
    code_ = begins, code_text_.clear();
  }

  void block_code(bool begins) {
    if (begins) {
      end_line();
    } else if (verbatim_) {
      std::string fence = "```";
      while (code_text_.find(fence) != std::string::npos) fence += '`';
      const std::string block = fence + "\n" + code_text_ + (code_text_.ends_with('\n') ? "" : "\n") + fence;
      for (std::string_view line : lines_in(block))
        out_ += prefix() + std::string(line) + "\n";
    }
    verbatim_ = code_ = begins, code_text_.clear();
  }

  void link(const Tag& t, bool begins) {
    if (begins) {
      address_ = attribute(t.inside, "href");
      if (!address_.empty()) open_marks(), line_ += '[';
    } else if (!address_.empty()) {
      line_ += address_.find_first_of(" ()") == std::string::npos ? str("]({})", address_) : str("](<{}>)", address_);
      address_.clear();
    }
  }

  static std::string in_cell(std::string text) {
    for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
    return text;
  }

  void table(const std::string& name, bool begins) {
    if (name == "table") {
      if (begins) end_line(), rows_.clear();
      else put_table();
    } else if (name == "tr") {
      if (begins) put_cell(), rows_.emplace_back();
    } else {
      put_cell();
      if (rows_.empty()) rows_.emplace_back();
      cell_ = begins;
    }
  }
  void put_cell() {
    if (cell_ && !rows_.empty()) rows_.back().emplace_back(trimmed(line_)), line_.clear(), plain_ = false;
    cell_ = false;
  }
  void put_table() {
    put_cell();
    std::erase_if(rows_, [](const auto& row) { return row.empty(); });
    size_t width = 0;
    for (const auto& row : rows_) width = std::max(width, row.size());
    for (size_t r = 0; r < rows_.size(); ++r) {
      rows_[r].resize(width);
      for (const std::string& c : rows_[r]) line_ += "| " + c + " ";
      line_ += "|", end_line();
      if (r == 0) {
        for (size_t c = 0; c < width; ++c) line_ += "|---";
        line_ += "|", end_line();
      }
    }
    rows_.clear();
  }

  // Would the letter be a mark, between what stands before it and `next`?
  bool must_escape(char c, char next) const {
    const char before = line_.empty() ? 0 : line_.back();
    if (c == '`' || c == '[') return true;
    if (c == '*') return !is_space(before) || !is_space(next) || line_.empty();
    if (c == '_') return (!is_space(before) || !is_space(next)) && !(is_word(before) && is_word(next));
    if (c == '\\') return !is_word(next) && next != ' ';
    if (c == '&') return next == '#' || std::isalpha(static_cast<unsigned char>(next));
    return c == '|' && cell_;
  }

  std::string out_, line_, code_text_, address_;
  std::vector<Level> levels_;
  std::vector<const char*> pending_;  // marks of emphasis that holds nothing yet
  std::vector<std::vector<std::string>> rows_;
  bool plain_ = false;  // the line begins with text, which must not look like a list's mark and its like
  bool code_ = false, verbatim_ = false, hidden_ = false, cell_ = false, gap_ = false, after_paragraph_ = false;
};

}  // namespace

std::string html_to_markdown(std::string_view html) {
  Writer to;
  for (std::string text; !html.empty();) {
    if (const Tag t = tag_at(html); t.size > 0) {
      to.tag(t);
      html.remove_prefix(t.size);
      continue;
    }
    if (html.starts_with("[sound:") && html.find(']') != html.npos) {
      html.remove_prefix(html.find(']') + 1);
      continue;
    }
    size_t size = html[0] == '&' ? entity(html, text) : 0;
    if (size == 0) text = std::string(1, html[0]), size = 1;
    html.remove_prefix(size);
    std::string next(html.substr(0, 1));
    if (next == "&") entity(html, next);
    if (text != "\r") to.letter(text, next.empty() ? '\0' : next[0]);
  }
  return to.take();
}

std::string as_line(std::string markdown) {
  std::ranges::replace(markdown, '\n', ' ');
  const size_t escape = markdown.find('\\');
  if (escape == std::string::npos) return markdown;
  std::string without = markdown;
  without.erase(escape, 1);
  return without != "---" && report::inline_markdown(without) == markdown ? without : markdown;
}

int64_t media_in(std::string_view html) {
  int64_t count = 0;
  const std::string text = folded_text(html);
  for (const char* mark : {"<img ", "<audio", "<video", "[sound:"})
    for (size_t at = 0; (at = text.find(mark, at)) != std::string::npos; ++at) ++count;
  return count;
}

void tell_media(Deck& deck, int64_t count) {
  if (count == 0) return;
  const char* const many = count == 1 ? "" : "s";
  deck.messages.push_back({DeckMessage::Weight::warning, 0, str("{} picture{} or sound{} stayed behind: cards are text.", count, many, many)});
}

}  // namespace grim::learn
