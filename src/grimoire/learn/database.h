// A file of SQLite, as far as cards need one. Every failure is an Error that names the file: resource for a full disk, a locked or
// read-only file; input for one that is no database or is damaged.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace grim::learn {

class Database;

class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement& bind(int64_t value);  // the next parameter
  Statement& bind(double value);
  Statement& bind(std::string_view text);  // copied
  bool step();                     // is there a row?
  void run();                      // to the end, then ready for the next parameters
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;  // blobs too

 private:
  Database& database_;
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
  int next_ = 0;
};

class Database {
 public:
  // Made when missing; ":memory:" is none. `damaged`: what to do about a file that is no database, for the error's hint.
  explicit Database(const std::string& path, std::string damaged = "");
  static Database of_bytes(std::string_view bytes, const std::string& path);  // a copy in memory, for reading; `path` is named in errors
  std::string bytes() const;  // the file that it would be
  void run(const char* sql);  // statements without rows
  int64_t last_row() const;   // number of the row inserted last
  const std::string& path() const { return path_; }
  sqlite3* handle() const { return db_.get(); }
  [[noreturn]] void fail(const char* doing) const;

 private:
  std::string path_, damaged_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> db_;
};

// BEGIN IMMEDIATE; taken back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace grim::learn
