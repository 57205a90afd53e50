// Wrong command lines, made from what the commands themselves declare: each is refused as usage (exit code 2) by a sentence that names the
// wrong word, and where a right one is near, that is named too.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>

#include "grimoire/app/cli/environment.h"
#include "grimoire/app/cli/usage.h"
#include "grimoire/base/error.h"

namespace grim {
namespace {

using Words = std::vector<std::string>;
using Commands = std::vector<std::unique_ptr<Command>>;

// What is said of a line, "" where it is taken; only as far as the words themselves go.
struct Said {
  std::string what, hint;
  bool usage = false;
};
Said said_of(const Words& line) {
  const Commands commands = all_commands();
  try {
    Command& command = command_named(commands, line.at(0));
    command.set(parse_words(command, {line.begin() + 1, line.end()}).settings);
  } catch (const Error& e) {
    return {e.what(), e.hint(), e.kind() == ErrorKind::usage || e.kind() == ErrorKind::argument};
  }
  return {};
}

// A verb in one of its forms, with a command line that is right.
struct Place {
  std::string verb, form;
  Forms forms;
  std::vector<std::string> positionals;  // names of the required ones
  bool takes_more = false;
  Options options;
  std::set<std::string> fulfilled = {};  // what options are of use with and holds by itself
};

struct Mistake {
  Words line;
  std::string named;       // stands in the sentence
  std::string meant = {};  // the right word, where the wrong one is a slip of it
};

constexpr const char* kDistribution = "normal";  // their command has no list of forms, for they have other names too

class Slips {
 public:
  explicit Slips(uint64_t seed) : random_(seed) {
    for (auto& c : commands_) {
      const Forms forms = c->forms();
      if (forms.all.empty()) places_.push_back(place_of(*c, forms.check ? kDistribution : "", forms));
      for (const Form& f : forms.all) places_.push_back(place_of(*c, f.name, forms));
    }
  }

  const std::vector<Place>& places() const { return places_; }
  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }

  // One of every kind that is possible there.
  std::vector<Mistake> mistakes(const Place& p) {
    std::vector<Mistake> all;
    for (const auto& make : {&Slips::slip_of_option, &Slips::strange_option, &Slips::out_of_range, &Slips::slip_of_choice, &Slips::twice,
                             &Slips::one_too_many, &Slips::one_missing, &Slips::option_missing, &Slips::useless, &Slips::no_value, &Slips::slip_of_form,
                             &Slips::slip_of_verb, &Slips::slip_of_entry, &Slips::entry_twice, &Slips::entry_out_of_range, &Slips::value_of_switch,
                             &Slips::slip_of_condition, &Slips::word_beside_help, &Slips::entry_as_option, &Slips::entry_of_no_use, &Slips::useless_value})
      if (auto m = (this->*make)(p)) all.push_back(std::move(*m));
    return all;
  }

  Words right(const Place& p, bool with_required = true) const {
    Words line = {p.verb};
    for (const std::string& name : p.positionals) line.push_back(name == p.forms.by && !p.form.empty() ? p.form : "some");
    for (const Option& o : p.options)
      if (o.required && with_required) append(line, given(o));
    if (find(p.options, p.forms.by) && !p.form.empty()) append(line, {"--" + p.forms.by, p.form});
    return line;
  }

 private:
  using Maybe = std::optional<Mistake>;

  static Place place_of(Command& c, const std::string& form, const Forms& forms) {
    Place p{c.name(), form, forms, {}, false, {}, {}};
    c.take_form(form);
    p.options = c.options();
    for (const Option& o : p.options)  // now: another form may take the place of these targets
      if (const Option* other = o.with.empty() ? nullptr : find(p.options, o.with.substr(0, o.with.find('='))))
        if (holds_by_itself(*other, o.with)) p.fulfilled.insert(o.with);
    for (const Positional& w : c.positionals()) {
      if (w.required) p.positionals.push_back(w.name);
      p.takes_more |= w.more != nullptr || !w.required;
    }
    return p;
  }

  // Has the option, when nobody gives it, a value that the condition asks for?
  static bool holds_by_itself(const Option& o, const std::string& condition) {
    const size_t equals = condition.find('=');
    if (equals == std::string::npos || o.json().kind() != Json::Kind::text) return false;
    return std::ranges::count(split(std::string_view(condition).substr(equals + 1), '|'), o.json().as_text()) > 0;
  }
  static std::string first_value(const std::string& condition) {  // "adapter=lora|dora": lora
    const size_t begin = condition.find('=') + 1;
    return condition.substr(begin, condition.find('|', begin) - begin);
  }
  static void append(Words& line, const Words& more) { line.insert(line.end(), more.begin(), more.end()); }
  static std::string value_of(const Option& o) {
    if (!o.choices.empty()) return o.choices.front();
    if (std::holds_alternative<std::string*>(o.target) || o.is_list()) return "1";
    if (o.is_switch()) return "true";
    const double v = std::clamp(1.0, std::max(o.low, -1e9), std::min(o.high, 1e9));
    return std::holds_alternative<int64_t*>(o.target) ? str("{}", static_cast<int64_t>(v)) : str("{}", v);
  }
  static Words given(const Option& o) {
    if (o.is_switch()) return {"--" + o.name};
    return {"--" + o.name, value_of(o)};
  }
  // The option with what it is of use with.
  static Words given(const Option& o, const Options& all, const std::string& value) {
    Words words;
    const size_t equals = o.with.find('=');
    if (const Option* other = o.with.empty() ? nullptr : find(all, o.with.substr(0, equals)); other && !other->required)
      words = given(*other, all, equals == std::string::npos ? value_of(*other) : first_value(o.with));
    append(words, o.is_switch() ? Words{"--" + o.name} : Words{"--" + o.name, value});
    return words;
  }

  std::string slip(const std::string& word) {
    std::string s = word;
    const size_t at = 1 + below(word.size() - 2);
    switch (below(4)) {
      case 0: s.erase(at, 1); break;
      case 1: s.insert(at, 1, static_cast<char>('a' + below(26))); break;
      case 2: s[at] = static_cast<char>('a' + below(26)); break;
      default: std::swap(s[at], s[at + 1]);
    }
    return s;
  }

  const Option* any(const Place& p, const std::function<bool(const Option&)>& fits) {
    std::vector<const Option*> all;
    for (const Option& o : p.options)
      if (fits(o) && o.name != p.forms.by) all.push_back(&o);
    return all.empty() ? nullptr : all[below(all.size())];
  }

  Maybe slip_of_option(const Place& p) {
    const Option* o = any(p, [](const Option& x) { return x.name.size() >= 4; });
    if (!o) return {};
    std::string wrong = slip(o->name);
    while (find(p.options, wrong)) wrong = slip(o->name);
    Mistake m{right(p), "--" + wrong, o->name};
    append(m.line, o->is_switch() ? Words{"--" + wrong} : Words{"--" + wrong, value_of(*o)});
    return m;
  }
  Maybe strange_option(const Place& p) {
    for (int tries = 0; tries < 100; ++tries) {
      const Place& other = places_[below(places_.size())];
      const Option* o = any(other, [&](const Option& x) { return !find(p.options, x.name); });
      if (!o) continue;
      Mistake m{right(p), "--" + o->name};
      append(m.line, given(*o));
      return m;
    }
    return {};
  }
  Maybe out_of_range(const Place& p) {
    const Option* o = any(p, [](const Option& x) { return std::holds_alternative<int64_t*>(x.target) || std::holds_alternative<double*>(x.target); });
    if (!o) return {};
    Words values = {"many", "inf", "nan", "-inf", "1e999", "", "3x"};
    if (o->low > -1e300) values.push_back(str("{}", o->low - 1));
    if (o->high < 1e300) values.push_back(str("{}", o->high + 1));
    const std::string value = values[below(values.size())];
    Mistake m{o->required ? right(p, false) : right(p), str("--{}: got '{}'", o->name, value)};
    append(m.line, given(*o, p.options, value));
    if (o->required)
      for (const Option& x : p.options)
        if (x.required && x.name != o->name) append(m.line, given(x));
    return m;
  }
  Maybe slip_of_choice(const Place& p) {
    const Option* o = any(p, [](const Option& x) { return !x.choices.empty() && x.choices.back().size() >= 4; });
    if (!o) return {};
    const std::string meant = o->choices.back();
    std::string wrong = slip(meant);
    while (std::ranges::find(o->choices, wrong) != o->choices.end()) wrong = slip(meant);
    Mistake m{right(p), str("--{}: got '{}'", o->name, wrong), meant};
    append(m.line, given(*o, p.options, wrong));
    return m;
  }
  Maybe twice(const Place& p) {
    const Option* o = any(p, [](const Option& x) { return !x.is_list(); });
    if (!o) return {};
    Mistake m{right(p), "--" + o->name + " is given twice"};
    if (!o->required) append(m.line, given(*o));
    const bool other = o->name.size() % 2 == 0;  // of a switch, the opposite or the same once more
    append(m.line, o->is_switch() && other ? Words{"--no-" + o->name} : given(*o));
    return m;
  }
  Maybe one_too_many(const Place& p) {
    if (p.takes_more) return {};
    Mistake m{right(p), "'surplus'"};
    m.line.insert(m.line.begin() + 1 + static_cast<std::ptrdiff_t>(p.positionals.size()), "surplus");
    return m;
  }
  Maybe one_missing(const Place& p) {
    if (p.positionals.empty()) return {};
    Mistake m{right(p, p.positionals.back() != p.forms.by), p.positionals.back() + " is missing"};
    m.line.erase(m.line.begin() + static_cast<std::ptrdiff_t>(p.positionals.size()));
    return m;
  }
  Maybe option_missing(const Place& p) {
    const Option* o = any(p, [](const Option& x) { return x.required; });
    if (!o) return {};
    Mistake m{right(p, false), "--" + o->name + " is missing"};
    for (const Option& x : p.options)
      if (x.required && x.name != o->name) append(m.line, given(x));
    return m;
  }
  Maybe useless(const Place& p) {
    const Option* o = any(p, [&](const Option& x) {
      const Option* other = x.with.empty() ? nullptr : find(p.options, x.with.substr(0, x.with.find('=')));
      return (other && !other->required && !p.fulfilled.contains(x.with)) || !x.without.empty();
    });
    if (!o) return {};
    Mistake m{right(p), "--" + o->name + " is of "};
    append(m.line, given(*o));
    if (!o->with.empty() && !p.fulfilled.contains(o->with)) return m;
    const std::string& other = o->without.front();
    if (const Option* x = find(p.options, other.substr(0, other.find('='))); x && !x->required)
      append(m.line, other.find('=') != other.npos ? given(*x, p.options, first_value(other)) : given(*x));
    return m;
  }
  Maybe no_value(const Place& p) {
    const Option* o = any(p, [](const Option& x) { return !x.is_switch(); });
    if (!o) return {};
    Mistake m{right(p), "--" + o->name};
    append(m.line, {"--" + o->name});
    if (below(2)) m.line.push_back("--json");
    return m;
  }
  Maybe slip_of_form(const Place& p) {
    if (p.form.size() < 4) return {};
    std::string wrong = slip(p.form);
    const auto known = [&](const std::string& s) { return std::ranges::any_of(p.forms.all, [&](const Form& f) { return f.name == s; }); };
    while (known(wrong)) wrong = slip(p.form);
    Mistake m{right(p, false), "'" + wrong + "'", p.form};
    std::ranges::replace(m.line, p.form, wrong);
    return m;
  }
  // --param NAME=VALUE of a learner.
  const Option* entry(const Place& p, const std::function<bool(const Option&)>& fits, std::string& list) {
    const Option* o = any(p, [&](const Option& x) { return std::ranges::any_of(x.entries, fits); });
    if (!o) return nullptr;
    list = "--" + o->name;
    for (size_t i = below(o->entries.size());; i = (i + 1) % o->entries.size())
      if (fits(o->entries[i])) return &o->entries[i];
  }
  Maybe slip_of_entry(const Place& p) {
    std::string list;
    const Option* e = entry(p, [](const Option& x) { return x.name.size() >= 4; }, list);
    if (!e) return {};
    std::string wrong = slip(e->name);
    while (wrong == e->name) wrong = slip(e->name);
    Mistake m{right(p), "'" + wrong + "'", e->name};
    append(m.line, {list, wrong + "=" + value_of(*e)});
    return m;
  }
  Maybe entry_twice(const Place& p) {
    std::string list;
    const Option* e = entry(p, [](const Option&) { return true; }, list);
    if (!e) return {};
    Mistake m{right(p), "'" + e->name + "' is given twice"};
    append(m.line, {list, e->name + "=" + value_of(*e), list, e->name + "=" + value_of(*e)});
    return m;
  }
  Maybe entry_out_of_range(const Place& p) {
    std::string list;
    const Option* e = entry(p, [](const Option& x) { return !std::holds_alternative<std::string*>(x.target) || !x.choices.empty(); }, list);
    if (!e) return {};
    Mistake m{right(p), "parameter '" + e->name + "': got 'nowhere'"};
    append(m.line, {list, e->name + "=nowhere"});
    return m;
  }
  // --param gamma=1 beside a kernel that has none.
  Maybe entry_of_no_use(const Place& p) {
    std::string list;
    const Option* e = entry(p, [](const Option& x) { return x.with.find('=') != x.with.npos; }, list);
    if (!e) return {};
    const Option& by = *find(find(p.options, list.substr(2))->entries, e->with.substr(0, e->with.find('=')));
    const auto allowed = split(std::string_view(e->with).substr(e->with.find('=') + 1), '|');
    const auto other = std::ranges::find_if(by.choices, [&](const std::string& c) { return std::ranges::find(allowed, c) == allowed.end(); });
    if (other == by.choices.end()) return {};
    Mistake m{right(p), "'" + e->name + "' is of use with"};
    append(m.line, {list, e->name + "=" + value_of(*e), list, by.name + "=" + *other});
    return m;
  }
  Maybe entry_as_option(const Place& p) {
    std::string list;
    const Option* e = entry(p, [&](const Option& x) { return !find(p.options, x.name); }, list);
    if (!e) return {};
    const std::string value = value_of(*e);
    Mistake m{right(p), "--" + e->name, list.substr(2) + " " + e->name + "=" + value};
    append(m.line, below(2) ? Words{"--" + e->name, value} : Words{"--" + e->name + "=" + value});
    return m;
  }
  Maybe value_of_switch(const Place& p) {
    const Option* o = any(p, [](const Option& x) { return x.is_switch(); });
    const Words names = {o ? o->name : "json", o ? "no-" + o->name : "help", "json", "help", "help-all"};
    const std::string word = "--" + names[below(names.size())] + (below(2) ? "=false" : "=maybe");
    Mistake m{right(p), word + ": "};
    m.line.push_back(word);
    return m;
  }
  Maybe word_beside_help(const Place& p) {
    Mistake m{right(p, false), "unknown flag --nosuch"};
    append(m.line, below(2) ? Words{"--help", "--nosuch"} : Words{"--nosuch", "--help-all"});
    return m;
  }
  // A slip in the value that others depend on: they are not to blame.
  Maybe slip_of_condition(const Place& p) {
    const auto by = [&](const Option& x) { return x.with.find('=') != x.with.npos ? find(p.options, x.with.substr(0, x.with.find('='))) : nullptr; };
    const auto slips = [](const Option& x) { return x.choices.size() > 1 && x.choices.back().size() >= 4; };
    const Option* o = any(p, [&](const Option& x) { return by(x) && slips(*by(x)) && by(x)->name != p.forms.by; });
    if (!o) return {};
    const Option& other = *by(*o);
    std::string wrong = slip(other.choices.back());
    while (std::ranges::find(other.choices, wrong) != other.choices.end()) wrong = slip(other.choices.back());
    Mistake m{right(p), str("--{}: got '{}'", other.name, wrong), other.choices.back()};
    append(m.line, given(*o));
    append(m.line, {"--" + other.name, wrong});
    return m;
  }
  // --top-k beside --temperature 0, written in another way.
  Maybe useless_value(const Place& p) {
    const auto number = [](const Option& x) { return !x.without.empty() && x.without.front().ends_with("=0"); };
    const Option* o = any(p, number);
    if (!o) return {};
    const Option& other = *find(p.options, o->without.front().substr(0, o->without.front().find('=')));
    Mistake m{right(p), "--" + o->name + " is of no use with --" + other.name + " 0"};
    append(m.line, given(*o));
    append(m.line, given(other, p.options, std::holds_alternative<double*>(other.target) ? "0.0" : "0"));
    return m;
  }
  Maybe slip_of_verb(const Place& p) {
    Mistake m{right(p), "", p.verb};
    while (m.line[0] == p.verb) m.line[0] = slip(p.verb);
    m.named = "'" + m.line[0] + "'";
    return m;
  }

  std::mt19937_64 random_;
  const Commands commands_ = all_commands();  // the options point into them
  std::vector<Place> places_;
};

// The word behind "did you mean".
std::string suggested(const std::string& hint) {
  constexpr std::string_view kAsk = "did you mean ";
  const size_t at = hint.find(kAsk);
  if (at == hint.npos) return "";
  std::string word = hint.substr(at + kAsk.size());
  word.resize(std::min(word.find('?'), word.size()));
  std::erase(word, '\'');
  return word.starts_with("--") ? word.substr(2) : word;
}

std::string wrong_in(const Mistake& m) {
  const size_t quote = m.named.find('\'');
  return quote == m.named.npos ? m.named.substr(2) : m.named.substr(quote + 1, m.named.size() - quote - 2);
}

void expect_refused(const Mistake& m) {
  const Said said = said_of(m.line);
  std::string line = "grimoire";
  for (const std::string& w : m.line) line += " " + w;
  SCOPED_TRACE(line + "\n  says: " + said.what + "\n  hint: " + said.hint);
  EXPECT_TRUE(said.usage);
  EXPECT_NE(said.what.find(m.named), std::string::npos) << "does not name " << m.named;
  EXPECT_EQ(said.what.find('\n'), std::string::npos);
  if (m.meant.empty()) return;
  const std::string near = suggested(said.hint), wrong = wrong_in(m);
  EXPECT_FALSE(near.empty()) << m.meant << " is near";
  EXPECT_LE(edit_distance(near, wrong), edit_distance(m.meant, wrong)) << m.meant << " is nearer";
}

TEST(Words, ThreeHundredWrongLinesOverAllVerbsAreRefused) {
  Slips slips(10);
  std::vector<std::string> verbs;
  for (const Place& p : slips.places())
    if (verbs.empty() || verbs.back() != p.verb) verbs.push_back(p.verb);
  EXPECT_GE(verbs.size(), 16u);
  for (size_t i = 0; i < 300; ++i) {
    std::vector<const Place*> forms;
    for (const Place& p : slips.places())
      if (p.verb == verbs[i % verbs.size()]) forms.push_back(&p);
    const std::vector<Mistake> all = slips.mistakes(*forms[slips.below(forms.size())]);
    expect_refused(all[slips.below(all.size())]);
  }
}

TEST(Words, EveryMistakeInEveryFormIsRefused) {
  Slips slips(11);
  size_t lines = 0;
  for (const Place& p : slips.places())
    for (const Mistake& m : slips.mistakes(p)) expect_refused(m), ++lines;
  EXPECT_GT(lines, 400u);
}

// Else every line above might be refused for another reason.
TEST(Words, TheLinesWithoutTheMistakeAreTaken) {
  const Slips slips(12);
  for (const Place& p : slips.places()) {
    const Commands commands = all_commands();
    Command& command = command_named(commands, p.verb);
    const Words line = slips.right(p);
    EXPECT_NO_THROW(parse_words(command, {line.begin() + 1, line.end()})) << p.verb << " " << p.form;
    EXPECT_EQ(command.form(), p.forms.by.empty() ? "" : p.form.empty() ? "some" : p.form);
  }
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

std::string said_of_environment() {
  try {
    check_environment(all_commands());
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::usage);
    return std::string(e.what()) + "|" + e.hint();
  }
  return "taken";
}

TEST(Environment, AVariableThatIsNoSettingIsRefused) {
  EXPECT_EQ(said_of_environment(), "taken");
  for (const auto& [wrong, meant] : {std::pair{"GRIMOIRE_THREDS", "GRIMOIRE_THREADS"}, {"GRIMOIRE_BATCHSIZE", "GRIMOIRE_BATCH_SIZE"},
                                     {"GRIMOIRE_ALTERNATIV", "GRIMOIRE_ALTERNATIVE"}}) {
    const Variable v(wrong, "1");
    EXPECT_EQ(said_of_environment(), str("environment: {} is no setting of any command|did you mean {}?", wrong, meant));
  }
  const Variable far("GRIMOIRE_HOMESTEADING_XYZ", "1");
  EXPECT_NE(said_of_environment().find("settings are named after options"), std::string::npos);
}

TEST(Environment, SettingsAreOfWhateverCommandHasThem) {
  const Variable seed("GRIMOIRE_SEED", "3"), folder("GRIMOIRE_TEST_FOLDER", "/tmp"), level("GRIMOIRE_LEVEL", "0.9");
  EXPECT_EQ(said_of_environment(), "taken");
  EXPECT_EQ(said_of({"stats", "describe", "--x", "1,2"}).what, "");  // has no use for them
  const Commands commands = all_commands();
  Command& stats = command_named(commands, "stats");
  const Parsed p = parse_words(stats, {"bootstrap", "--x", "1,2", "--level", "0.8"});
  ASSERT_EQ(p.settings.size(), 4u);
  EXPECT_EQ(p.settings[0].name, "level");
  EXPECT_TRUE(p.settings[0].ambient && p.settings[1].ambient);
  EXPECT_EQ(p.settings[1].value, "3");
  EXPECT_EQ(p.settings.back().value, "0.8");  // the flag comes later, and wins
  const Variable wrong("GRIMOIRE_RESAMPLES", "few");
  EXPECT_EQ(said_of({"stats", "bootstrap", "--x", "1,2"}).what, "GRIMOIRE_RESAMPLES: got 'few', expected an integer from 2 to 100000000");
}

TEST(Environment, AModelOfTrainIsNoLearnerOfDoctor) {
  const Variable model("GRIMOIRE_MODEL", "mlp");
  EXPECT_EQ(said_of({"doctor", "some"}).what, "");
  EXPECT_EQ(said_of({"fit", "--data", "t.csv"}).what, "no learner is called 'mlp'");
  EXPECT_EQ(said_of({"fit", "--data", "t.csv", "--model", "tree"}).what, "");
}

TEST(Help, ALearnerShowsItsParameters) {
  const Commands commands = all_commands();
  for (const char* verb : {"fit", "validate", "doctor"}) {
    Command& command = command_named(commands, verb);
    parse_words(command, {"--model", "knn", "--help"});
    const std::string text = help_of(command, HelpDepth::basic);
    EXPECT_NE(text.find("    vote                how neighbours count: one of uniform, distance [uniform]\n"), std::string::npos) << text;
    EXPECT_NE(text.find("    p                   exponent of the metric: a number from 1 [2.0]; with metric=lp only\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("max-depth"), std::string::npos);
  }
}

TEST(Words, WhatDoesNotApplyIsSaid) {
  const auto said = [](const Words& line) {
    const Said s = said_of(line);
    return s.what + "|" + s.hint;
  };
  EXPECT_EQ(said({"stats", "anova", "--x", "1,2;3,4", "--alternative", "less"}),
            "grimoire stats anova takes no --alternative|it takes --x, --group, --data, --header, --delimiter, --decimal, --missing");
  EXPECT_EQ(said({"stats", "mcnemar", "--table", "1,2;3,4", "--level", "0.9"}),
            "grimoire stats mcnemar: --level is of use with --method exact only|leave it out, or give that too");
  EXPECT_EQ(said({"stats", "mcnemar", "--table", "1,2;3,4", "--level", "0.9", "--method", "exact"}), "|");
  EXPECT_EQ(said({"distribution", "normal", "--seed", "3"}),
            "grimoire distribution normal: --seed is of use with --sample only|leave it out, or give that too");
  EXPECT_EQ(said({"stats", "describe", "--x", "1,2", "--header", "yes"}),
            "grimoire stats describe: --header is of use with --data only|leave it out, or give that too");
  EXPECT_EQ(said({"quiz", "deck.md", "--list", "--stats"}), "grimoire quiz: --list is of no use with --stats|leave one of them out");
  EXPECT_EQ(said({"train", "--model", "a", "--model", "b"}), "grimoire train: --model is given twice: 'a' and 'b'|it takes one value");
  EXPECT_EQ(said({"train", "--model", "mlp", "--optimizer", "sgd", "--nesterov"}),
            "grimoire train --model mlp: --nesterov is of use with --momentum only|leave it out, or give that too");
  EXPECT_EQ(said({"train", "--model", "mlp", "--optimizer", "sgd", "--momentum", "0.0", "--nesterov"}),
            "grimoire train --model mlp: --nesterov is of no use with --momentum 0|leave one of them out");
  EXPECT_EQ(said({"train", "--model", "mlp", "--optimizer", "adamw", "--no-decay-all", "--weight-decay", "0"}),
            "grimoire train --model mlp: --decay-all is of no use with --weight-decay 0|leave one of them out");
  EXPECT_EQ(said({"train", "--model", "bigram", "--seed", "3"}).substr(0, 50), "grimoire train --model bigram takes no --seed|it t");
  EXPECT_EQ(said({"train", "--data", "x", "--dry-run", "--dry-run"}), "grimoire train: --dry-run is given twice|once is enough");
}

TEST(Words, AnEmptyValueTakesNoWordThatFollows) {
  const Commands commands = all_commands();
  const auto given = [&](const Words& line) {
    std::string all;
    for (const Setting& s : parse_words(command_named(commands, line.at(0)), {line.begin() + 1, line.end()}).settings)
      if (!s.ambient) all += str("{}='{}' ", s.name, s.value);
    return all;
  };
  EXPECT_EQ(given({"train", "--data", "w", "--out=", "--dry-run"}), "out='' data='w' dry-run='true' ");
  EXPECT_EQ(given({"train", "--data=w", "--init_from=", "--", }), "init-from='' data='w' ");
  EXPECT_EQ(given({"generate", "run", "--prompt=", "--seed", "3", "--prompt="}), "prompt='' prompt='' seed='3' ");
  EXPECT_NE(said_of({"train", "--out=", "--out", "x", "--data", "w"}).what.find("--out is given twice"), std::string::npos);
  EXPECT_NE(said_of({"train", "--model=", "--data", "w"}).what.find("--model: got ''"), std::string::npos);
  EXPECT_TRUE(said_of({"train", "--dry-run=", "--data", "w"}).usage);
}

TEST(Words, TheWordMeantIsNamed) {
  const auto hint = [](const Words& line) {
    const Said s = said_of(line);
    return (s.usage ? "" : "not usage: ") + s.hint;
  };
  EXPECT_EQ(hint({"generate", "r", "--n", "3"}), "did you mean -n?");
  EXPECT_EQ(hint({"train", "--mlp"}), "did you mean --model mlp?");
  EXPECT_EQ(hint({"--hlep"}), "did you mean '--help'?");
  EXPECT_EQ(hint({"--verison"}), "did you mean '--version'?");
  EXPECT_EQ(hint({"version"}), "did you mean '--version'?");
  EXPECT_EQ(hint({"resume", "r", "--accept"}), "did you mean --accept-changes?");  // the only one that begins so
  EXPECT_EQ(hint({"train", "--model", "mlp", "--biasse"}), "did you mean --biases? That is of train --model gpt");
  EXPECT_TRUE(hint({"train", "--model", "bigram", "--batch-siz", "8"}).starts_with("did you mean --batch-size? That is of train --model "));
  EXPECT_TRUE(hint({"stats", "anova", "--altrnative", "less"}).starts_with("did you mean --alternative? That is of stats t-test, stats "));
}

TEST(Help, OfAFormShowsItsOwnOptions) {
  const Commands commands = all_commands();
  Command& stats = command_named(commands, "stats");
  EXPECT_NE(help_of(stats, HelpDepth::all).find("Pearson"), std::string::npos);
  parse_words(stats, {"bayes", "--help"});
  const std::string text = help_of(stats, HelpDepth::all);
  EXPECT_TRUE(text.starts_with("grimoire stats bayes: posterior from --prior and --likelihood\n\nusage: grimoire stats bayes [options]\n"));
  EXPECT_NE(text.find("--prior"), std::string::npos);
  EXPECT_EQ(text.find("--alternative"), std::string::npos);
}

}  // namespace
}  // namespace grim
