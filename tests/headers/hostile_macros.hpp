// Names that headers of the platform and of other libraries define as macros: X11, termios, complex.h, sys/sysmacros.h,
// glog, windows.h. Here each stands for something that compiles nowhere. Included after everything that is not ours.
// Left out: `min` and `max` (windows.h without NOMINMAX; these headers need POSIX), `None` (X11; an enumerator of
// LibTorch that a loss names), `slots` and `signals` (Qt, with which LibTorch's own headers do not compile).
#undef small
#undef interface
#undef near
#undef far
#undef hyper
#undef IN
#undef OUT
#undef I
#undef E
#undef T1
#undef Status
#undef Bool
#undef True
#undef False
#undef Success
#undef Always
#undef CHECK
#undef LOG
#undef ERROR
#undef DEBUG
#undef DELETE
#undef CONST
#undef VOID
#undef OPAQUE
#undef NO_ERROR
#undef B0
#undef ECHO
#undef major
#undef minor
#undef linux
#undef unix
#define small @
#define interface @
#define near @
#define far @
#define hyper @
#define IN @
#define OUT @
#define I @
#define E @
#define T1 @
#define Status @
#define Bool @
#define True @
#define False @
#define Success @
#define Always @
#define CHECK(condition) @
#define LOG(severity) @
#define ERROR @
#define DEBUG @
#define DELETE @
#define CONST @
#define VOID @
#define OPAQUE @
#define NO_ERROR @
#define B0 @
#define ECHO @
#define major(device) @
#define minor(device) @
#define linux @
#define unix @
