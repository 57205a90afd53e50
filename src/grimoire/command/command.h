// A command is data and one function: its parameters (name, type, default, range, help) and run(). It knows neither argv nor
// HTTP; the command line, --help and the documentation are made from what it says here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/base/option.h"
#include "grimoire/report/report.h"

namespace grim {

// Where a command's words go. Data are what was asked for; all else is for the person who waits.
class Console {
 public:
  virtual ~Console() = default;
  virtual void data(const std::string& text) = 0;   // to stdout, as it is. throws when it cannot be written
  virtual void say(const std::string& line) = 0;    // a line to stderr
  virtual void live(const std::string& line) = 0;   // the present state: redrawn in place on a terminal, now and then a line in a pipe
  virtual std::optional<std::string> ask(const std::string& prompt) = 0;  // a line of stdin, without its end; nothing when there is none
  virtual bool has_person() const { return false; }  // does a person answer ask(), and no pipe?
  virtual void result(const Json& object) = 0;      // with --json: the last line of stdout
  virtual void result_part(const std::string& text) = 0;  // likewise, of one that is too long to be held: parts of its line (base/json_line.h)
  virtual bool json() const = 0;
  virtual report::TextStyle style() const { return {}; }    // of the place where data goes
  virtual bool stop_requested() const = 0;          // Ctrl-C or SIGTERM has come
  // Has Ctrl-C come that was to be heard? It is forgotten then: what it ended is over, and the command goes on.
  virtual bool interrupted() { return false; }
  // Work that has something to save asks to be asked: from then on Ctrl-C is heard through stop_requested(). Otherwise the first
  // one ends the program at once.
  virtual void save_first(bool on) { (void)on; }
};

// What a command found, and the one way to say it: its text to where data go; with --json `result` as the last line, the report in it under
// "report". Of a longer answer parts may be told before.
void tell(Console& console, const report::Report& part);
void show(Console& console, const report::Report& report, Json result = Json::object());

struct Positional {
  std::string name, help;
  std::string* target;
  bool required = true;
  std::vector<std::string>* more = nullptr;  // the words after it go here
};

struct Setting {
  std::string name, value;  // of an option, as text
  bool ambient = false;     // it stands in the environment, for whatever command has a use for it
};
using Settings = std::vector<Setting>;  // later ones win

// A command of several forms: which options it has depends on one of its words, as on the test of stats.
struct Form {
  std::string name, help;
  std::string group = {};  // a heading of --help above it, and above those after it that have the same
};
struct NoForm {
  std::string name, why, instead;
};
struct Forms {
  std::string by = {};         // the positional or the option that tells the form; empty: there is one form
  std::vector<Form> all = {};  // none: any word may stand there, a path say
  std::vector<NoForm> none = {};  // words that one might expect there, and why they are no form of this command
  void (*check)(const std::string& word) = nullptr;  // where there is no list. throws: what is wrong with a word
  std::vector<std::string> names() const;
};

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  virtual std::string summary() const = 0;                 // one line
  virtual std::vector<std::string> examples() const = 0;   // whole command lines
  virtual std::vector<Positional> positionals() { return {}; }
  virtual std::string note() const { return ""; }          // for --help: what stands in no option; whole lines
  virtual Forms forms() const { return {}; }
  // summary(), examples() and options() are those of the form that was taken, "" before: then options() has what all forms share, or all there
  // are where forms have no list. Another form may take the place of this one's targets.
  void take_form(const std::string& name);  // throws: usage, one that is not in the list
  bool has_form(const std::string& name) const;
  const std::string& form() const { return form_; }
  bool form_is_positional();
  std::string title();  // "stats anova", "train --model gpt": as one types it
  virtual Options options() { return {}; }
  virtual void set(const Settings& settings);              // throws: usage, also what does not apply (command/applicable.h)
  virtual int run(Console& console) = 0;                   // exit code; throws Error

 private:
  std::string form_;
};

std::vector<std::unique_ptr<Command>> all_commands();
// Those of a form that is a word of the line, as 'model get ...': where examples() has some of each.
std::vector<std::string> fitting_examples(Command& command);
Options every_option(Command& command);  // of all forms, each name once; for names and kinds, their targets may be gone

}  // namespace grim
