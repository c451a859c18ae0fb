// The bodies of aha/recipe that aha::compiled holds.
#include <aha/recipe/stage.ipp>
