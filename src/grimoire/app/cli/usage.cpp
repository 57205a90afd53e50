#include "grimoire/app/cli/usage.h"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>

#include "grimoire/app/cli/environment.h"
#include "grimoire/base/error.h"

namespace grim {
namespace {

[[noreturn]] void refuse(Command& command, const std::string& problem, const std::string& hint) {
  throw Error(ErrorKind::usage, str("grimoire {}: {}", title_of(command), problem), hint);
}

std::string see_help(Command& command) { return str("see grimoire {} --help", title_of(command)); }

std::string taken_by(Command& command, const Options& options) {
  constexpr size_t kMost = 16;
  if (options.size() > kMost) return see_help(command);
  std::string list;
  for (const Option& o : options) list += (list.empty() ? "it takes --" : ", --") + o.name;
  return list.empty() ? "it takes no option" : list;
}

[[noreturn]] void refuse_word(Command& command, const Options& options, const std::string& word) {
  if (!word.starts_with("-")) refuse(command, str("'{}' is one word too many", word), see_help(command));
  const std::string flag = word.substr(0, word.find('='));
  std::vector<std::string> known = {"json", "help", "help-all"};
  for (const Option& o : options) {
    known.push_back(o.name);
    if (o.is_switch()) known.push_back("no-" + o.name);
  }
  const std::string near = nearest(flag.substr(std::min(flag.find_first_not_of('-'), flag.size())), known.data(), known.size());
  const std::string otherwise = command.form().empty() ? see_help(command) + "; behind -- nothing is a flag" : taken_by(command, options);
  refuse(command, str("unknown flag {}", flag), near.empty() ? otherwise : str("did you mean --{}?", near));
}

void declare(CLI::App& app, const Options& options, Settings& settings) {
  app.option_defaults()->ignore_underscore();
  for (const Option& o : options) {
    const std::string name = o.name;
    if (o.is_switch()) {
      app.add_flag_callback("--" + name, [&settings, name] { settings.push_back({name, "true"}); });
      app.add_flag_callback("--no-" + name, [&settings, name] { settings.push_back({name, "false"}); });
    } else if (o.is_list()) {  // --param a=1 --param b=2, or --param a=1 b=2
      app.add_option_function<std::vector<std::string>>("--" + name, [&settings, name](const std::vector<std::string>& values) {
        for (const std::string& v : values) settings.push_back({name, v});
      });
    } else {
      const std::string flags = name == "number" ? "-n,--number" : "--" + name;
      app.add_option_function<std::string>(flags, [&settings, name](const std::string& v) { settings.push_back({name, v}); })
          ->allow_extra_args(false)->trigger_on_parse();
    }
  }
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

// What stands in the words, before it is known which options this form has.
struct Reading {
  Settings given;
  std::vector<std::string> unknown;
  int help = 0, help_all = 0, json = 0;
};

Reading read(Command& command, const Options& options, const std::vector<std::string>& all_words) {
  const auto marker = std::find(all_words.begin(), all_words.end(), "--");  // behind it nothing is a flag
  refuse_flag_as_value(command, options, all_words);
  Reading r;
  CLI::App app;
  app.set_help_flag();
  app.add_flag("--help,-h", r.help);
  app.add_flag("--help-all", r.help_all);
  app.add_flag("--json", r.json);
  declare(app, options, r.given);
  const std::vector<Positional> places = command.positionals();
  std::vector<std::string>* rest = nullptr;
  for (const Positional& p : places) {
    app.add_option(p.name, *p.target);
    rest = p.more ? p.more : rest;
  }
  if (rest) app.add_option("rest", *rest);
  app.allow_extras();
  try {
    app.parse(std::vector<std::string>(std::make_reverse_iterator(marker), all_words.rend()));
  } catch (const CLI::ParseError& e) {
    throw Error(ErrorKind::usage, str("grimoire {}: {}", command.name(), e.what()), see_help(command));
  }
  r.unknown = app.remaining();
  for (auto word = marker == all_words.end() ? marker : marker + 1; word != all_words.end(); ++word) {
    const auto free = std::ranges::find_if(places, [](const Positional& p) { return p.target->empty(); });
    if (free != places.end()) *free->target = *word;
    else if (rest) rest->push_back(*word);
    else refuse(command, str("'{}' is one word too many", *word), see_help(command));
  }
  return r;
}

// The form that the words name, or the environment, is taken.
void take_form(Command& command, const Options& every, const Reading& r) {
  const Forms forms = command.forms();
  if (forms.by.empty()) return;
  std::string name;
  const Option* const option = find(every, forms.by);
  if (option)
    if (const auto ambient = ambient_setting(*option)) name = ambient->value;
  for (const Positional& p : command.positionals())
    if (p.name == forms.by) name = *p.target;
  for (const Setting& s : r.given)
    if (s.name == forms.by) name = s.value;
  std::vector<std::string> known;
  for (const Form& f : forms.all) known.push_back(f.name);
  if (name.empty() || known.empty() || std::ranges::find(known, name) != known.end()) return command.take_form(name);
  if (option) option->check(name);
  if (!r.unknown.empty()) refuse_word(command, every, r.unknown.front());  // it may have left its value where a form is looked for
  const std::string near = nearest(name, known.data(), known.size());
  refuse(command, str("there is no {} '{}'", forms.by, name), near.empty() ? see_help(command) : str("did you mean '{}'?", near));
}

// The second of two values would win without a word about the first.
void refuse_twice(Command& command, const Options& every, const Settings& given) {
  std::map<std::string, std::string> seen;
  for (const Setting& s : given) {
    const auto [first, fresh] = seen.try_emplace(s.name, s.value);
    if (!fresh && !find(every, s.name)->is_list())
      refuse(command, str("--{} is given twice: '{}' and '{}'", s.name, first->second, s.value), "it takes one value");
  }
}

const Setting* last(const Settings& settings, const std::string& name) {
  const auto found = std::find_if(settings.rbegin(), settings.rend(), [&](const Setting& s) { return s.name == name; });
  return found == settings.rend() ? nullptr : &*found;
}

// "data": it is given, or is a switch that is on; "method=exact": it has this value.
bool holds(const std::string& condition, const Options& options, const Settings& settings) {
  const size_t equals = condition.find('=');
  const Option* const option = find(options, condition.substr(0, equals));
  const Setting* const setting = last(settings, condition.substr(0, equals));
  if (!option) return true;  // this form has no such option: it goes without saying
  const Json standard = option->json();
  if (equals == std::string::npos) return setting ? setting->value != "false" : option->is_switch() && standard.as_boolean();
  return condition.substr(equals + 1) == (setting ? setting->value : standard.kind() == Json::Kind::text ? standard.as_text() : standard.dump());
}

// What would be accepted and then not looked at.
void refuse_useless(Command& command, const Options& options, const Settings& settings) {
  for (const Setting& s : settings) {
    if (s.ambient) continue;
    const Option* const o = find(options, s.name);
    if (!o) throw Error(ErrorKind::usage, str("grimoire {} takes no --{}", title_of(command), s.name), taken_by(command, options));
    if (!o->with.empty() && !holds(o->with, options, settings))
      refuse(command, str("--{} is of use with {} only", o->name, as_typed(o->with)), "leave it out, or give that too");
    for (const std::string& other : o->without)
      if (const Setting* const present = last(settings, other); present && !present->ambient && present->value != "false")
        refuse(command, str("--{} is of no use with --{}", o->name, other), "leave one of them out");
  }
}

void refuse_missing(Command& command, const Options& options, const Settings& settings) {
  for (const Positional& p : command.positionals())
    if (p.required && p.target->empty()) refuse(command, str("{} is missing: {}", p.name, p.help), "for example: " + command.examples().front());
  for (const Option& o : options)
    if (o.required && !last(settings, o.name)) refuse(command, str("--{} is missing: {}", o.name, o.help), "for example: " + command.examples().front());
}

}  // namespace

Parsed parse_words(Command& command, const std::vector<std::string>& words) {
  const Options every = every_option(command);
  const Reading r = read(command, every, words);
  take_form(command, every, r);
  const Options options = command.options();
  refuse_twice(command, every, r.given);
  if (r.json > 1) refuse(command, "--json is given twice", "once is enough");
  Parsed parsed{.settings = {}, .help = {}, .json = r.json > 0};
  if (r.help || r.help_all) {
    parsed.help = r.help_all ? HelpDepth::all : HelpDepth::basic;
    return parsed;
  }
  if (!r.unknown.empty()) refuse_word(command, options, r.unknown.front());
  for (const Option& o : options)
    if (auto ambient = ambient_setting(o)) parsed.settings.push_back(std::move(*ambient));
  parsed.settings.insert(parsed.settings.end(), r.given.begin(), r.given.end());
  refuse_useless(command, options, parsed.settings);
  refuse_missing(command, options, parsed.settings);
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
  std::vector<std::string> names;
  for (const auto& c : commands) {
    if (c->name() == name) return *c;
    names.push_back(c->name());
  }
  const std::string near = nearest(name, names.data(), names.size());
  throw Error(ErrorKind::usage, str("'{}' is not a command", name), near.empty() ? "see grimoire --help" : str("did you mean '{}'?", near));
}

}  // namespace grim
