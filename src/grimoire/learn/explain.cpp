#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concept.h"

namespace grim::learn {
namespace {

// The names that stand in the heading. Those behind an empty line are found and not shown, and one that only spells the title otherwise
// says nothing new.
std::string also(const Concept& c) {
  const std::string_view all(c.names);
  const std::string shown(all.substr(0, all.find("\n\n")));
  std::string names;
  for (const std::string& n : lines_of(shown.c_str()))
    if (folded_name(n) != folded_name(c.title)) names += (names.empty() ? "" : ", ") + n;
  return names.empty() ? "" : " (also: " + names + ")";
}

Steps formula_of(const Concept& c) {
  Steps s{lines_of(c.formula)};
  size_t widest = 0;
  for (const std::string& line : lines_of(c.symbols)) widest = std::max(widest, split_once(line, ": ").first.size());
  for (const std::string& line : lines_of(c.symbols)) {
    const auto [symbol, meaning] = split_once(line, ": ");
    s.lines.push_back("  " + symbol + std::string(widest - symbol.size() + 2, ' ') + meaning);
  }
  return s;
}

void add_lines(Report& r, const char* title, const char* list) {
  if (!*list) return;
  r.blocks.push_back(Heading{title});
  std::string items;
  for (const std::string& line : lines_of(list)) items += "- " + line + "\n";
  r.blocks.push_back(Prose{items});
}

}  // namespace

void Worked::answers(const std::string& name, std::span<const double> values) {
  for (size_t i = 0; i < values.size(); ++i) answer(str("{}[{}]", name, i), values[i]);
}

void Worked::quote(std::string name, Value value, const std::string& source) {
  steps_.push_back(str("{} = {} (from {})", name, report::to_text(value), source));
  quoted_.push_back({std::move(name), std::move(value)});
}

Worked work_out(const Concept& concept_, const Inputs& inputs) {
  Worked out;
  if (concept_.compute) concept_.compute(inputs, out);
  return out;
}

Report explain(const Concept& c, const Inputs& inputs, Depth depth, std::string_view asked) {
  const bool more = depth == Depth::more;
  Report r{c.title + also(c), {}};
  if (const auto others = other_meanings(c, asked); !others.empty()) {
    std::string list;
    for (const Concept* o : others) list += str("{}{} ({})", list.empty() ? "" : ", ", o->id, family_of(*o).title);
    r.blocks.push_back(Prose{"The word also stands for: " + list + "."});
  }
  r.blocks.push_back(Prose{c.what});
  if (*c.picture) r.blocks.push_back(Prose{std::string("*Picture:* ") + c.picture});
  if (*c.formula) r.blocks.push_back(formula_of(c));
  if (c.compute) {
    const Worked worked = work_out(c, inputs);
    r.blocks.push_back(Steps{worked.steps(), inputs.all().empty() ? "Worked out now:" : "Worked out now with " + inputs.as_line() + ":"});
    for (const Figure& f : worked.answers()) r.blocks.push_back(f);
    for (const Block& b : worked.pictures()) r.blocks.push_back(b);
  }
  if (*c.turn) r.blocks.push_back(Prose{std::string("*Turn:* ") + c.turn});
  Commands commands;
  for (const std::string& line : lines_of(c.commands))
    if (!line.starts_with("later: ")) commands.lines.push_back(line);
  if (!commands.lines.empty()) r.blocks.push_back(std::move(commands));
  if (*c.mistake) r.blocks.push_back(Prose{std::string("*Not so:* ") + c.mistake});
  if (more) {
    if (*c.more) r.blocks.push_back(Heading{"Further"}), r.blocks.push_back(Prose{c.more});
    if (*c.code) add_lines(r, "Where the code is", c.code);
    add_lines(r, "Sources", c.sources);
  }
  if (*c.see) {
    Links links;
    for (const std::string& line : lines_of(c.see)) {
      const auto [id, why] = split_once(line, ": ");
      links.items.push_back({id, why});
    }
    r.blocks.push_back(std::move(links));
  }
  const auto cards = lines_of(c.ask);
  for (size_t i = 0; i < cards.size() && (more || i == 0); ++i) {
    const auto [question, reply] = split_once(cards[i], "|");
    r.blocks.push_back(Prose{"*Ask yourself:* " + question + (more ? " *" + reply + "*" : "")});
  }
  return r;
}

namespace {

void add_rows(Report& r, const std::vector<const Concept*>& concepts) {
  Table t{{"entry", "what it is"}, {}};
  for (const Concept* c : concepts) {
    const std::string_view what(c->what);
    t.rows.push_back({std::string(c->id), std::string(what.substr(0, std::min(what.find(". "), what.size() - 1)))});  // its first sentence
  }
  r.blocks.push_back(std::move(t));
}

std::vector<const Concept*> members(const Family& f) {
  std::vector<const Concept*> all;
  for (const Concept& c : f.concepts) all.push_back(&c);
  return all;
}

}  // namespace

Report glossary(const Family* family) {
  Report r;
  for (const Family* f : families()) {
    if (family && f != family) continue;
    r.blocks.push_back(Heading{str("{} ({})", f->title, f->id)});
    add_rows(r, members(*f));
  }
  return r;
}

Report glossary_search(std::string_view word, const Family* family) {
  const std::string wanted = folded_name(word);
  std::vector<const Concept*> found;
  for (const Concept* c : all_concepts()) {
    const bool has = std::ranges::any_of(std::initializer_list<const char*>{c->id, c->title, c->names, c->what, c->picture, c->mistake, c->more, c->formula},
                                         [&](const char* text) { return folded_name(text).find(wanted) != std::string::npos; });
    if (has && (!family || &family_of(*c) == family)) found.push_back(c);
  }
  if (found.empty()) throw Error(ErrorKind::usage, str("no entry has '{}'", word), "a shorter word finds more");
  Report r;
  add_rows(r, found);
  return r;
}

Report glossary_map(const Family* family) {
  Graph g;
  for (const Concept* c : all_concepts()) {
    if (family && &family_of(*c) != family) continue;
    g.nodes.push_back({c->id, family_of(*c).title});
    for (const std::string& line : lines_of(c->see)) g.edges.emplace_back(c->id, split_once(line, ":").first);
  }
  return {"What leads to what", {std::move(g)}};
}

Json to_json(const Concept& c) {
  const auto pairs = [](const char* list, const char* at, const char* first, const char* second) {
    Json all = Json::array();
    for (const std::string& line : lines_of(list)) {
      const auto [a, b] = split_once(line, at);
      all.push(Json::object({{first, a}, {second, b}}));
    }
    return all;
  };
  Json inputs = Json::array();
  for (const std::string& line : lines_of(c.inputs)) {
    const auto [name, rest] = split_once(line, "=");
    const auto [value, meaning] = split_once(rest, ":");
    inputs.push(Json::object({{"name", name}, {"value", value}, {"meaning", meaning}}));
  }
  return Json::object({{"id", c.id}, {"family", family_of(c).id}, {"names", Json::array_of(lines_of(c.names))}, {"what", c.what}, {"picture", c.picture},
                       {"formula", Json::array_of(lines_of(c.formula))}, {"symbols", pairs(c.symbols, ": ", "symbol", "meaning")}, {"inputs", inputs},
                       {"turn", c.turn}, {"commands", Json::array_of(lines_of(c.commands))}, {"code", Json::array_of(lines_of(c.code))},
                       {"mistake", c.mistake}, {"see", pairs(c.see, ": ", "to", "why")}, {"sources", Json::array_of(lines_of(c.sources))},
                       {"ask", pairs(c.ask, "|", "question", "answer")}, {"more", c.more}});
}

}  // namespace grim::learn
