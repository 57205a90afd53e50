#include "grimoire/app/cli/usage.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "grimoire/app/cli/environment.h"
#include "grimoire/base/error.h"
#include "grimoire/command/applicable.h"

namespace grim {
namespace {

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
      })->expected(1, 1 << 20)->allow_extra_args(false);  // as many as come, but [a,b] is one
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
    if (const auto ambient = ambient_setting(*option); ambient && command.has_form(ambient->value)) name = ambient->value;  // else another command's
  for (const Positional& p : command.positionals())
    if (p.name == forms.by) name = *p.target;
  for (const Setting& s : r.given)
    if (s.name == forms.by) name = s.value;
  if (name.empty()) return;
  if (option) option->check(name);
  if (!r.unknown.empty() && !command.has_form(name)) refuse_word(command, every, r.unknown.front());  // its value may stand where a form is looked for
  command.take_form(name);
}

}  // namespace

Parsed parse_words(Command& command, const std::vector<std::string>& words) {
  const Options every = every_option(command);
  const Reading r = read(command, every, words);
  refuse_twice(command, every, r.given);
  take_form(command, every, r);
  const Options options = command.options();
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
  check_settings(command, options, parsed.settings);
  for (const Positional& p : command.positionals())
    if (p.required && p.target->empty()) refuse(command, str("{} is missing: {}", p.name, p.help), "for example: " + command.examples().front());
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
  throw Error(ErrorKind::usage, str("'{}' is not a command", name), did_you_mean(name, names, "see grimoire --help"));
}

}  // namespace grim
