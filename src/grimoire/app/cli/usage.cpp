#include "grimoire/app/cli/usage.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <CLI/CLI.hpp>

#include "grimoire/base/error.h"

namespace grim {
namespace {

void add_environment(const Options& options, Settings& settings) {
  for (const Option& o : options) {
    std::string variable = "GRIMOIRE_" + o.key();
    std::transform(variable.begin(), variable.end(), variable.begin(), [](unsigned char c) { return std::toupper(c); });
    if (const char* value = std::getenv(variable.c_str())) settings.emplace_back(o.name, value);
  }
}

[[noreturn]] void refuse_word(Command& command, const Options& options, const std::string& word) {
  if (!word.starts_with("-"))
    throw Error(ErrorKind::usage, str("grimoire {}: '{}' is one word too many", command.name(), word), str("see grimoire {} --help", command.name()));
  const std::string flag = word.substr(0, word.find('='));
  std::string near = nearest_option(options, flag.substr(flag.find_first_not_of('-') == std::string::npos ? flag.size() : flag.find_first_not_of('-')));
  throw Error(ErrorKind::usage, str("grimoire {}: unknown flag {}", command.name(), flag),
              near.empty() ? str("see grimoire {} --help; behind -- nothing is a flag", command.name()) : str("did you mean --{}?", near));
}

void declare(CLI::App& app, const Options& options, Settings& settings) {
  app.option_defaults()->ignore_underscore();
  for (const Option& o : options) {
    const std::string name = o.name;
    if (o.is_switch()) {
      app.add_flag_callback("--" + name, [&settings, name] { settings.emplace_back(name, "true"); });
      app.add_flag_callback("--no-" + name, [&settings, name] { settings.emplace_back(name, "false"); });
    } else if (o.is_list()) {  // --param a=1 --param b=2, or --param a=1 b=2
      app.add_option_function<std::vector<std::string>>("--" + name, [&settings, name](const std::vector<std::string>& values) {
        for (const std::string& v : values) settings.emplace_back(name, v);
      });
    } else {
      const std::string flags = name == "number" ? "-n,--number" : "--" + name;
      app.add_option_function<std::string>(flags, [&settings, name](const std::string& v) { settings.emplace_back(name, v); })
          ->allow_extra_args(false)->trigger_on_parse();
    }
  }
}

// The second of two values would win without a word about the first.
void refuse_twice(const Command& command, const Options& options, const Settings& given) {
  std::map<std::string, std::string> seen;
  for (const auto& [name, value] : given) {
    const auto [first, fresh] = seen.try_emplace(name, value);
    if (!fresh && !find(options, name)->is_list())
      throw Error(ErrorKind::usage, str("grimoire {}: --{} is given twice: '{}' and '{}'", command.name(), name, first->second, value),
                  "it takes one value");
  }
}

std::string padded(std::string text, size_t width) { return text + std::string(text.size() < width ? width - text.size() : 1, ' '); }

std::string default_of(const Option& o) {
  if (o.is_switch()) return "";
  const Json value = o.json();
  if (value.is_array()) return "";
  const std::string text = value.kind() == Json::Kind::text ? value.as_text() : value.dump();
  return text.empty() ? "" : str(" [{}]", text);
}

}  // namespace

Parsed parse_words(Command& command, const std::vector<std::string>& all_words) {
  const auto marker = std::find(all_words.begin(), all_words.end(), "--");  // behind it nothing is a flag
  const std::vector<std::string> words(all_words.begin(), marker);
  const Options options = command.options();
  Parsed parsed;
  Settings environment;
  add_environment(options, environment);
  CLI::App app;
  app.set_help_flag();
  bool help = false, help_all = false;
  app.add_flag("--help,-h", help);
  app.add_flag("--help-all", help_all);
  app.add_flag("--json", parsed.json);
  declare(app, options, parsed.settings);
  for (const Positional& p : command.positionals()) app.add_option(p.name, *p.target);
  std::vector<std::string>* rest = nullptr;
  for (const Positional& p : command.positionals()) rest = p.more ? p.more : rest;
  if (rest) app.add_option("rest", *rest);
  app.allow_extras();
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& e) {
    throw Error(ErrorKind::usage, str("grimoire {}: {}", command.name(), e.what()), str("see grimoire {} --help", command.name()));
  }
  refuse_twice(command, options, parsed.settings);
  parsed.settings.insert(parsed.settings.begin(), environment.begin(), environment.end());
  if (help || help_all) {
    parsed.help = help_all ? HelpDepth::all : HelpDepth::basic;
    return parsed;
  }
  if (!app.remaining().empty()) refuse_word(command, options, app.remaining().front());
  for (auto word = marker == all_words.end() ? marker : marker + 1; word != all_words.end(); ++word) {
    const std::vector<Positional> places = command.positionals();
    const auto free = std::find_if(places.begin(), places.end(), [](const Positional& p) { return p.target->empty(); });
    if (free == places.end() && rest) {
      rest->push_back(*word);
      continue;
    }
    if (free == places.end())
      throw Error(ErrorKind::usage, str("grimoire {}: '{}' is one word too many", command.name(), *word), str("see grimoire {} --help", command.name()));
    *free->target = *word;
  }
  for (const Positional& p : command.positionals())
    if (p.required && p.target->empty())
      throw Error(ErrorKind::usage, str("grimoire {}: {} is missing: {}", command.name(), p.name, p.help), "for example: " + command.examples().front());
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

std::string help_of(Command& command, HelpDepth depth) {
  std::string text = str("grimoire {}: {}\n\nusage: grimoire {}", command.name(), command.summary(), command.name());
  for (const Positional& p : command.positionals()) text += str(" {}", p.name);
  text += " [options]\n\n";
  for (const std::string& example : command.examples()) text += "  " + example + "\n";
  text += "\n";
  for (const Positional& p : command.positionals()) text += "  " + padded(p.name, 22) + p.help + "\n";
  bool more = false;
  for (const Option& o : command.options()) {
    if (depth == HelpDepth::basic && !o.basic) {
      more = true;
      continue;
    }
    const bool on = o.is_switch() && o.json().as_boolean();  // a switch that is on is there to be turned off
    text += "  " + padded((on ? "--no-" : "--") + o.name, 22) + (on ? "turn off: " : "") + o.help
            + (o.choices.empty() ? "" : ": " + o.takes().substr(7)) + default_of(o) + "\n";
  }
  text += "  " + padded("--json", 22) + "the last line of stdout is one JSON object\n";
  if (more) text += str("\nmore options: grimoire {} --help-all\n", command.name());
  return text;
}

std::string help_of_all(const std::vector<std::unique_ptr<Command>>& commands) {
  std::string text = "grimoire: machine learning in one native program\n\n";
  for (const auto& c : commands) text += "  " + padded(c->name(), 14) + c->summary() + "\n";
  return text + "\nhelp of a command: grimoire COMMAND --help\n"
                "data may come from a file, a pipe, or standard input (-)\n"
                "exit codes: 0 done, 1 failed, 2 usage, 3 input, 4 resources or output lost, 128 + signal; 141 when nobody reads the output any more\n";
}

}  // namespace grim
