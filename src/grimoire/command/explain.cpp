#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/command/commands.h"
#include "grimoire/learn/concept.h"

namespace grim {
namespace {

// A file of numbers as one list, whatever stands between them; any other file as it is.
std::string as_value(const std::string& path) {
  std::string text = read_file(path), list;
  text.erase(0, text.size() - without_byte_order_mark(text).size());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const bool numbers = text.find_first_not_of("0123456789+-.eE,; \t\r\n") == std::string::npos;
  if (!numbers) return text;
  for (char c : text) {
    const bool gap = c == ',' || c == ';' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!gap) list += c;
    else if (!list.empty() && list.back() != ',') list += ',';
  }
  return list;
}

class ExplainCommand final : public Command {
 public:
  std::string name() const override { return "explain"; }
  std::string summary() const override { return "an idea in plain words: picture, formula, numbers worked out now, what to try"; }
  std::vector<std::string> examples() const override {
    return {"grimoire explain perplexity", "grimoire explain entropy .5,.25,.25", "grimoire explain quantization b=4",
            "grimoire explain kl --value P=.4,.6 --value Q=.5,.5 --more"};
  }
  std::vector<Positional> positionals() override {
    return {{"term", "any name of an idea; behind it the entry's first input, in place of its example", &term_, true, &words_}};
  }
  Options options() override {
    return {{.name = "value", .help = "an input as name=value, which may also stand behind the term; without a name the first; may be given again",
             .target = &values_, .basic = true},
            {.name = "data", .help = "a file with the numbers or the text of the first input", .target = &data_, .basic = true},
            {.name = "more", .help = "also the derivation, the code and the sources", .target = &more_, .basic = true},
            {.name = "html", .help = "also write the entry as a page", .target = &html_, .basic = true}};
  }

  int run(Console& console) override {
    const size_t given = words_of_term();
    const learn::Concept& idea = learn::concept_named(term_);
    const report::Report answer = learn::explain(idea, learn::Inputs(idea, settings(idea, given)), more_ ? learn::Depth::more : learn::Depth::brief, term_);
    tell(console, answer);
    if (!html_.empty()) {
      write_atomically(html_, html_page(answer));
      console.say(str("page: {}", html_));
    }
    if (console.json()) {
      Json object = to_json(answer);
      object.set("entry", to_json(idea));
      console.result(object);
    }
    return 0;
  }

 private:
  // Names of several words need no quotes: as many words as name an entry are the term. Gives how many of the others were used for it.
  size_t words_of_term() {
    for (size_t count = words_.size(); count > 0 && !learn::look_up(term_); --count) {
      std::string joined = term_;
      for (size_t i = 0; i < count; ++i) joined += " " + words_[i];
      if (!learn::look_up(joined)) continue;
      term_ = joined;
      return count;
    }
    return 0;
  }

  learn::Settings settings(const learn::Concept& idea, size_t used) const {
    learn::Settings settings;
    if (!data_.empty()) settings.emplace_back("", as_value(data_));
    for (size_t i = used; i < words_.size(); ++i) settings.push_back(setting_in(words_[i], idea));  // a text may have an equals sign of its own
    for (const std::string& v : values_) settings.push_back(setting_in(v, idea, true));
    return settings;
  }

  std::string term_, data_, html_;
  std::vector<std::string> words_, values_;
  bool more_ = false;
};

// A page among others: with the way back to their list, and links between them.
std::string page_of_many(report::Report page) {
  page.blocks.insert(page.blocks.begin(), report::Prose{"[all entries](index.html)"});
  return html_page(page, ".html");
}

class GlossaryCommand final : public Command {
 public:
  std::string name() const override { return "glossary"; }
  std::string summary() const override { return "every idea with a line each; their map; the whole of it as pages"; }
  std::vector<std::string> examples() const override {
    return {"grimoire glossary", "grimoire glossary info", "grimoire glossary --search gradient", "grimoire glossary --html pages"};
  }
  std::vector<Positional> positionals() override {
    return {{"family", learn::family_ids(), &family_, false}};
  }
  Options options() override {
    return {{.name = "search", .help = "only entries that have this word in any text", .target = &search_, .basic = true},
            {.name = "map", .help = "which entries lead to which", .target = &map_, .basic = true, .without = {"search"}},
            {.name = "html",
             .help = "write every entry as a page into this folder; with a family, --search or --map that alone as one page",
             .target = &html_,
             .basic = true}};
  }

  int run(Console& console) override {
    const report::Report answer = wanted();
    if (!html_.empty() && (map_ || !search_.empty() || !family_.empty())) {
      write_atomically(html_, html_page(answer));
      console.say(str("page: {}", html_));
    } else if (!html_.empty()) {
      write_pages();
      console.say(str("pages: {}/index.html", html_));
    } else {
      tell(console, answer);
    }
    if (console.json()) console.result(to_json(answer));
    return 0;
  }

 private:
  report::Report wanted() const {
    const learn::Family* const family = family_.empty() ? nullptr : &learn::family_named(family_);
    if (!search_.empty()) return learn::glossary_search(search_, family);
    return map_ ? learn::glossary_map(family) : learn::glossary(family);
  }

  void write_pages() const {
    make_durable_dirs(html_);
    for (const learn::Concept* c : learn::all_concepts()) {
      write_atomically(html_ + "/" + c->id + ".html", page_of_many(learn::explain(*c, learn::Inputs(*c), learn::Depth::more)));
    }
    report::Report index{"Glossary", {report::Prose{"[The map of all entries](map.html)"}}};
    for (const learn::Family* f : learn::families()) {
      index.blocks.push_back(report::Heading{f->title});
      std::string items;
      for (const learn::Concept& c : f->concepts) items += str("- [{}]({}.html): {}\n", c.title, c.id, c.what);
      index.blocks.push_back(report::Prose{items});
    }
    write_atomically(html_ + "/index.html", html_page(index, ".html"));
    write_atomically(html_ + "/map.html", page_of_many(learn::glossary_map()));
  }

  std::string family_, search_, html_;
  bool map_ = false;
};

}  // namespace

std::unique_ptr<Command> make_explain_command() { return std::make_unique<ExplainCommand>(); }
std::unique_ptr<Command> make_glossary_command() { return std::make_unique<GlossaryCommand>(); }

}  // namespace grim
