#include "grimoire/app/cli/usage.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "grimoire/app/cli/environment.h"
#include "grimoire/base/error.h"
#include "grimoire/command/applicable.h"

namespace grim {
namespace {

[[noreturn]] void refuse_surplus(Command& command, const std::string& word) { refuse(command, str("'{}' is one word too many", word), see_help(command)); }

// "--param kernel=rbf" for --kernel rbf, where that is an entry of a list; else "".
std::string as_entry(const Options& options, std::string_view name, const std::string& value) {
  for (const Option& list : options)
    if (const Option* const entry = find(list.entries, name)) return str("--{} {}={}", list.name, entry->name, value);
  return "";
}

constexpr std::string_view kShortName = "n", kItsOption = "number";  // the one flag that has a short name: -n

// What other programs call an option.
constexpr struct {
  std::string_view theirs, ours;
} kOtherNames[] = {{"mu", "mean"}, {"popmean", "mean"}, {"sigma", "sd"}, {"conf-level", "level"}, {"learning-rate", "lr"}};

// "--steps", "-n", as typed: the flag that `name` is nearest to; "" where none is near.
std::string near_flag(const Options& options, const std::string& name) {
  if (name == kShortName && find(options, kItsOption)) return str("-{}", name);
  for (const auto& [theirs, ours] : kOtherNames)
    if (name == theirs && find(options, ours)) return str("--{}", ours);
  std::vector<std::string> known = {"json", "help", "help-all"};
  for (const Option& o : options) {
    known.push_back(o.name);
    if (o.is_switch()) known.push_back("no-" + o.name);
  }
  const std::string near = nearest(name, known.data(), known.size());
  return near.empty() ? "" : "--" + near;
}

// What people look for in one command and find in another.
constexpr struct {
  std::string_view command, flag, instead;
} kElsewhere[] = {{"explain", "list", "did you mean grimoire glossary? It lists every entry"},
                  {"explain", "search", "did you mean grimoire glossary --search WORD?"},
                  {"glossary", "list", "leave it out: grimoire glossary lists every entry"}};

std::string elsewhere(const Command& command, const std::string& name) {
  for (const auto& e : kElsewhere)
    if (const std::string flag(e.flag); command.name() == e.command && nearest(name, &flag, 1) == flag) return std::string(e.instead);
  return "";
}

// Of `words`, one that nothing takes.
[[noreturn]] void refuse_word(Command& command, const Options& options, const std::string& word, const std::vector<std::string>& words) {
  if (!word.starts_with("-")) refuse_surplus(command, word);
  const size_t equals = word.find('=');
  const std::string flag = word.substr(0, equals);
  const auto next = std::ranges::find(words, word);
  const std::string value = equals != word.npos ? word.substr(equals + 1) : next + 1 < words.end() && !next[1].starts_with("--") ? next[1] : "VALUE";
  if (const std::string entry = flag.starts_with("--") ? as_entry(options, flag.substr(2), value) : ""; !entry.empty())
    refuse(command, str("unknown flag {}", flag), str("did you mean {}?", entry));
  const std::string name = flag.substr(std::min(flag.find_first_not_of('-'), flag.size())), near = near_flag(options, name);
  if (const Forms forms = command.forms(); find(options, forms.by) && std::ranges::find(forms.all, name, &Form::name) != forms.all.end())
    refuse(command, str("unknown flag {}", flag), str("did you mean --{} {}?", forms.by, name));
  if (!near.empty()) refuse(command, str("unknown flag {}", flag), str("did you mean {}?", near));
  if (const std::string other = elsewhere(command, name); !other.empty()) refuse(command, str("unknown flag {}", flag), other);
  if (command.form().empty()) refuse(command, str("unknown flag {}", flag), see_help(command) + "; behind -- nothing is a flag");
  const std::string of_form = near_flag(every_option(command), name);
  const std::string takers = of_form.empty() ? "" : forms_with(command, of_form.substr(2));
  refuse(command, str("unknown flag {}", flag), takers.empty() ? taken_by(command, options) : str("did you mean {}? That is of {}", of_form, takers));
}

void declare(CLI::App& app, const Options& options, Settings& settings) {
  app.option_defaults()->ignore_underscore();
  for (const Option& o : options) {
    const std::string name = o.name;
    if (o.is_switch()) {
      const auto on = [&settings, name](const char* value) {  // as often as it stands there
        return [&settings, name, value](int64_t times) { settings.insert(settings.end(), static_cast<size_t>(times), {name, value}); };
      };
      app.add_flag_function("--" + name, on("true"));
      app.add_flag_function("--no-" + name, on("false"));
    } else if (o.is_list()) {  // --param a=1 --param b=2, or --param a=1 b=2
      app.add_option_function<std::vector<std::string>>("--" + name, [&settings, name](const std::vector<std::string>& values) {
        for (const std::string& v : values) settings.push_back({name, v});
      })->expected(1, 1 << 20)->allow_extra_args(false);  // as many as come, but [a,b] is one
    } else {
      const std::string flags = (name == kItsOption ? str("-{},", kShortName) : "") + "--" + name;
      app.add_option_function<std::string>(flags, [&settings, name](const std::string& v) { settings.push_back({name, v}); })
          ->allow_extra_args(false)->trigger_on_parse();
    }
  }
}

// "--out=": its value is empty, and CLI11 would take the next word for it. Such words go into `given`, the others come back.
std::vector<std::string> without_empty_values(const Options& options, const std::vector<std::string>& words, Settings& given) {
  std::vector<std::string> rest;
  for (const std::string& word : words) {
    const bool ends = word.starts_with("--") && word.ends_with('=');
    const Option* const o = ends ? find(options, std::string_view(word).substr(2, word.size() - 3)) : nullptr;
    if (o && !o->is_switch()) given.push_back({o->name, ""});
    else rest.push_back(word);
  }
  return rest;
}

// "--out --json" would write into a file of that name.
void refuse_flag_as_value(Command& command, const Options& options, const std::vector<std::string>& words) {
  const auto named = [&](const std::string& word) { return word.starts_with("--") ? find(options, word.substr(2)) : nullptr; };
  for (size_t i = 0; i + 1 < words.size() && words[i] != "--"; ++i) {
    const Option* const o = named(words[i]);
    const std::string& next = words[i + 1];
    if (!o || o->is_switch() || !(named(next) || next == "--json" || next == "--help" || next == "--help-all")) continue;
    refuse(command, str("{} needs a value, and {} is a flag", words[i], next), str("if it is the value: {}={}", words[i], next));
  }
}

// CLI11 reads a value of a switch as it likes, and drops what it cannot use.
void refuse_value_of_switch(Command& command, const Options& options, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") return;
    const size_t equals = word.find('=');
    if (!word.starts_with("-") || equals == word.npos) continue;
    const std::string flag = word.substr(0, equals), name = flag.substr(std::min<size_t>(2, flag.size()));
    const Option* const o = find(options, name);
    const Option* const denied = name.starts_with("no-") ? find(options, name.substr(3)) : nullptr;
    const bool ours = (o && o->is_switch()) || (denied && denied->is_switch()), everyones = name == "json" || name == "help" || name == "help-all";
    if (flag == "-h" || (flag.starts_with("--") && (ours || everyones)))
      refuse(command, str("{}: {} takes no value", word, flag), ours ? str("--{0} turns it on, --no-{0} off", (o ? o : denied)->name) : "leave the value out");
  }
}

// What stands in the words, before it is known which options this form has.
struct Reading {
  Settings given;
  std::vector<Positional> places;  // of no form yet
  std::vector<std::string> unknown;
  int help = 0, help_all = 0, json = 0;
};

Reading read(Command& command, const Options& options, const std::vector<std::string>& all_words) {
  const auto marker = std::find(all_words.begin(), all_words.end(), "--");  // behind it nothing is a flag
  refuse_flag_as_value(command, options, all_words);
  refuse_value_of_switch(command, options, all_words);
  Reading r;
  CLI::App app;
  app.set_help_flag();
  app.add_flag("--help,-h", r.help);
  app.add_flag("--help-all", r.help_all);
  app.add_flag("--json", r.json);
  declare(app, options, r.given);
  r.places = command.positionals();
  std::vector<std::string>* rest = nullptr;
  for (const Positional& p : r.places) {
    app.add_option(p.name, *p.target);
    rest = p.more ? p.more : rest;
  }
  if (rest) app.add_option("rest", *rest);
  app.allow_extras();
  try {
    std::vector<std::string> words = without_empty_values(options, {all_words.begin(), marker}, r.given);
    std::ranges::reverse(words);
    app.parse(words);
  } catch (const CLI::ArgumentMismatch& e) {  // "--data: 1 required TEXT missing"
    const std::string_view what = e.what();
    throw Error(ErrorKind::usage, str("grimoire {}: {} needs a value", command.name(), what.substr(0, what.find(':'))), see_help(command));
  } catch (const CLI::ParseError& e) {
    throw Error(ErrorKind::usage, str("grimoire {}: {}", command.name(), e.what()), see_help(command));
  }
  r.unknown = app.remaining();
  for (auto word = marker == all_words.end() ? marker : marker + 1; word != all_words.end(); ++word) {
    const auto free = std::ranges::find_if(r.places, [](const Positional& p) { return p.target->empty(); });
    if (free != r.places.end()) *free->target = *word;
    else if (rest) rest->push_back(*word);
    else refuse_surplus(command, *word);
  }
  return r;
}

// The form that the words name, or the environment, is taken.
void take_form(Command& command, const Options& every, const Reading& r, const std::vector<std::string>& words) {
  const Forms forms = command.forms();
  if (forms.by.empty()) return;
  std::string name;
  const Option* const option = find(every, forms.by);
  if (option)
    if (const auto ambient = ambient_setting(*option); ambient && command.has_form(ambient->value)) name = ambient->value;  // else another command's
  for (const Positional& p : command.positionals())
    if (p.name == forms.by) name = *p.target;
  for (const Setting& s : r.given)
    if (s.name == forms.by) name = s.value;
  if (name.empty()) return;
  if (option) option->check(name);
  if (const std::vector<std::string> known = forms.names();
      !r.unknown.empty() && !command.has_form(name) && nearest(name, known.data(), known.size()).empty())  // its value may stand where a form is looked for
    refuse_word(command, every, r.unknown.front(), words);
  command.take_form(name);
}

// A word in a place that the form which was taken does not have.
void refuse_beyond_form(Command& command, const Reading& r) {
  const std::vector<Positional> own = command.positionals();
  const auto has = [&](const auto& same) { return std::ranges::any_of(own, same); };
  for (const Positional& p : r.places) {
    if (!p.target->empty() && !has([&](const Positional& o) { return o.target == p.target; })) refuse_surplus(command, *p.target);
    if (p.more && !p.more->empty() && !has([&](const Positional& o) { return o.more == p.more; })) refuse_surplus(command, p.more->front());
  }
}

}  // namespace

Parsed parse_words(Command& command, const std::vector<std::string>& words) {
  const Options every = every_option(command);
  const Reading r = read(command, every, words);
  refuse_twice(command, every, r.given);
  take_form(command, every, r, words);
  const Options options = command.options();
  if (!r.unknown.empty()) refuse_word(command, options, r.unknown.front(), words);
  refuse_beyond_form(command, r);
  if (r.json > 1) refuse(command, "--json is given twice", "once is enough");
  Parsed parsed{.settings = {}, .help = {}, .json = r.json > 0};
  if (r.help || r.help_all) {
    parsed.help = r.help_all ? HelpDepth::all : HelpDepth::basic;
    return parsed;
  }
  for (const Option& o : options)
    if (auto ambient = ambient_setting(o)) parsed.settings.push_back(std::move(*ambient));
  parsed.settings.insert(parsed.settings.end(), r.given.begin(), r.given.end());
  check_settings(command, options, parsed.settings);
  for (const Positional& p : command.positionals())
    if (p.required && p.target->empty()) refuse(command, str("{} is missing: {}", p.name, p.help), "for example: " + fitting_examples(command).front());
  return parsed;
}

bool asks_for_json(const std::vector<std::string>& words) {
  for (const std::string& w : words) {
    if (w == "--") return false;
    if (w == "--json") return true;
  }
  return false;
}

Command& command_named(const std::vector<std::unique_ptr<Command>>& commands, const std::string& name) {
  std::vector<std::string> names = {"help", "--help", "--version"};
  for (const auto& c : commands) {
    if (c->name() == name) return *c;
    names.push_back(c->name());
  }
  if (name == "version") throw Error(ErrorKind::usage, "'version' is not a command", "did you mean '--version'?");
  throw Error(ErrorKind::usage, str("'{}' is not a command", name), did_you_mean(name, names, "see grimoire --help"));
}

}  // namespace grim
