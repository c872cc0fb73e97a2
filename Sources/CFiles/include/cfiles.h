// What Swift's module of the C library lacks.
#ifndef CFILES_H
#define CFILES_H

// Exchanges two folders (or files) of one file system in one step: at no moment is either name without one.
// Returns 0, or the error's number.
int cfiles_exchange(const char *first, const char *second);

// Gives memory that the allocator keeps for later back to the system, where it can.
void cfiles_give_back(void);

#endif
